"""The entry point: a command, or the window."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from voxstudio import cli
from voxstudio.core.errors import BadInput, VoxStudioError

NO_DISPLAY = (
    "There is no display for the window: start it from a desktop session, or run it on a virtual screen, for "
    "example `xvfb-run -a voxstudio --screenshot out.png`; commands such as `voxstudio reconstruct` need no display."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run VoxStudio and return its exit status. Main thread."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Idle torch threads must sleep instead of spinning: beside a busy viewport a small forward pass
    # was measured 6 to 60 times faster. OpenMP reads this once, when torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("QT_API", "pyside6")
    if cli.is_command(arguments):
        return cli.main(arguments)
    return cli.guarded(lambda: _window(arguments))


def _window(argv: list[str]) -> int:
    """Open the window; refuse in one sentence what cannot work before Qt is imported."""
    from voxstudio.cli.parser import window_parser

    arguments = window_parser().parse_args(argv)
    images = [Path(name) for name in arguments.images]
    if images and not arguments.screenshot and not any(path.exists() for path in images):
        raise BadInput(f"{images[0]} is neither a picture nor a command: the commands are {', '.join(cli.COMMANDS)}.")
    panel = _panel(arguments.panel) if arguments.panel is not None else None
    screenshot = Path(arguments.screenshot) if arguments.screenshot else None
    if screenshot is not None:
        _check_screenshot(screenshot)
    if not has_display():
        raise VoxStudioError(NO_DISPLAY)
    gc.disable()  # until the window is painted: nothing is garbage yet, and looking for it takes a tenth of the time
    from voxstudio.ui.run import run_window

    return run_window(
        images, screenshot=screenshot, checkpoint=arguments.checkpoint, device=arguments.device, panel=panel
    )


def _panel(name: str) -> str:
    """The key of the panel of that name; BadInput lists them. Qt is not imported for it."""
    from voxstudio.ui.studio import panel_named

    return panel_named(name).key


def _check_screenshot(path: Path) -> None:
    if path.suffix.lower() != ".png":
        raise BadInput(f"{path.name} does not end in .png: a picture of the window is saved as PNG.")
    if path.is_dir() or not path.parent.is_dir():
        raise BadInput(f"{path} cannot be written: name a file in a folder that exists.")


def has_display() -> bool:
    """False on a Linux without X or Wayland."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
