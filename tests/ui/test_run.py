"""From start to end: a picture of the window, an exit status, a display without OpenGL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import demo_model
import pytest
from PIL import Image

CODE = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
import demo_model
demo_model.install()
from voxstudio.ui.run import run_window
size = (1280, 800)
panel = {panel!r}
images = [Path(p) for p in sys.argv[2:]]
sys.exit(run_window(images, screenshot=Path(sys.argv[1]), size=size, colours="light", panel=panel))
"""


def _run(
    library: Path, arguments: list[Path], panel: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    code = CODE.format(here=str(Path(demo_model.__file__).parent), panel=panel)
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "VOXSTUDIO_CHECKPOINTS": str(library), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_picture_of_the_window_and_the_status(
    library: Path, photos: list[Path], tmp_path: Path, qapp: object
) -> None:
    picture = tmp_path / "window.png"
    done = _run(library, [picture, photos[0]])
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(picture) as image:
        assert image.size == (1280, 800)
        stage = image.convert("RGB").crop((300, 100, 700, 600))
        assert len(stage.getcolors(1 << 20)) > 500
    done = _run(library, [picture, photos[0], tmp_path / "gone.png"])
    assert done.returncode == 1
    assert "gone.png" in done.stderr and "Traceback" not in done.stderr
    assert picture.exists()


@pytest.mark.parametrize("panel", ["library", "synthesize", "train"])
def test_a_picture_of_another_panel(library: Path, tmp_path: Path, qapp: object, panel: str) -> None:
    """Panels with curves import matplotlib while the view imports it too."""
    shipped = Path(__file__).parents[2] / "checkpoints"
    both = os.pathsep.join(map(str, (library, shipped)))
    done = _run(library, [tmp_path / "panel.png"], panel, VOXSTUDIO_CHECKPOINTS=both)
    assert (done.returncode, done.stderr) == (0, "")
    if panel == "library":
        with Image.open(tmp_path / "panel.png") as image:  # the first two tasks of the rail
            chosen, other = (image.convert("RGB").getpixel((14, y)) for y in (90, 155))
        assert chosen != other


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a platform without OpenGL to try this on")
def test_without_opengl_there_is_a_sentence_instead_of_a_view(
    library: Path, photos: list[Path], tmp_path: Path
) -> None:
    picture = tmp_path / "window.png"
    done = _run(library, [picture, photos[0]], QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert picture.exists()
