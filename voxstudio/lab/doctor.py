"""``voxstudio doctor``: what works here, what does not, and the cure.

What could take the process down (an OpenGL driver, a Qt platform plugin) is tried in a process of its own.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass

PATIENCE_S = 60
NEEDED = (
    "numpy", "scipy", "numba", "scikit-image", "opencv-python-headless", "pillow", "torch", "safetensors", "trimesh",
    "vtk", "pyvista", "pyvistaqt", "qtpy", "PySide6-Essentials", "platformdirs",
)
BROKEN = {"PySide6-Essentials": ("6.11.0", "6.11.1", "6.12.0")}
LIBRARIES = (
    "sudo apt-get install libgl1 libegl1 libglib2.0-0 libfontconfig1 libxkbcommon0 libdbus-1-3 libxkbcommon-x11-0 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0"
)

_OPENGL = """
import json, os, sys
if sys.platform == "linux" and not os.environ.get("DISPLAY"):
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
from vtkmodules.vtkRenderingCore import vtkRenderWindow
import vtkmodules.vtkRenderingOpenGL2
window = vtkRenderWindow()
window.SetOffScreenRendering(1)
window.SetSize(64, 64)
window.Render()
lines = window.ReportCapabilities().splitlines()
found = {line.split(":")[0].strip(): line.split(":", 1)[1].strip() for line in lines if line.startswith("OpenGL")}
print(json.dumps([found.get("OpenGL version string", ""), found.get("OpenGL renderer string", "")]))
"""

_WINDOW = """
from PySide6.QtWidgets import QApplication
application = QApplication(["doctor"])
print(application.platformName())
"""

_DEVICE = """
import json
from voxstudio.engine.device import describe, pick_device
print(json.dumps(describe(pick_device())))
"""


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``cure`` is empty if ``ok``; ``needed`` is False for what is only nice to have."""

    name: str
    value: str
    ok: bool
    needed: bool = True
    cure: str = ""


def examine() -> list[Finding]:
    """Look at everything the program needs; takes a few seconds."""
    from voxstudio import __version__

    here = f"{platform.system()} {platform.release()} {platform.machine()}"
    findings = [Finding("voxstudio", __version__, True), Finding("system", here, True), _python()]
    findings += [_package(name) for name in NEEDED]
    findings += [_device(), _opengl(), _display(), *_checkpoints()]
    return findings


def report(findings: list[Finding]) -> str:
    """The findings as text for a person, the cures last."""
    signs = {True: "ok", False: "--"}
    lines = [f"{signs[f.ok]}  {f.name:<24} {f.value}" for f in findings]
    cures = [f"{f.name}: {f.cure}" for f in findings if not f.ok]
    lines += ["", *(cures or ["Everything that VoxStudio needs is there."])]
    return "\n".join(lines)


def _python() -> Finding:
    ok = sys.version_info >= (3, 11)
    cure = "" if ok else "install Python 3.11 or newer and run `make setup` again."
    return Finding("python", platform.python_version(), ok, True, cure)


def _package(name: str) -> Finding:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "missing", False, True, f"run `make setup`, or `{sys.executable} -m pip install {name}`.")
    if version in BROKEN.get(name, ()):
        cure = f"this version is broken: `{sys.executable} -m pip install --upgrade {name}`."
        return Finding(name, version, False, True, cure)
    return Finding(name, version, True)


def _try(code: str, **environment: str) -> tuple[bool, str]:
    """Run Python code in a process of its own: whether it ended well, and its last line."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            env={**os.environ, **environment},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, type(error).__name__
    output = done.stdout.strip() or done.stderr.strip() or f"ended with status {done.returncode}"
    return done.returncode == 0 and bool(done.stdout.strip()), output.splitlines()[-1]


def _device() -> Finding:
    ok, line = _try(_DEVICE)
    if not ok:
        return Finding("device", line, False, True, "torch cannot be imported: run `make setup` again.")
    found = json.loads(line)
    return Finding("device", ", ".join(f"{key} {value}" for key, value in found.items()), True)


def _opengl() -> Finding:
    ok, line = _try(_OPENGL)
    update = "update the graphics driver."
    if not ok:
        cure = f"install the graphics libraries: `{LIBRARIES}`." if sys.platform == "linux" else update
        return Finding("OpenGL", line[:120], False, True, cure)
    version, renderer = json.loads(line)
    return Finding("OpenGL", f"{version}, {renderer}", bool(version), True, "" if version else update)


def _display() -> Finding:
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        cure = (
            "the commands work without one; for the window use a desktop session, or a virtual screen: "
            "`xvfb-run -a voxstudio --screenshot out.png`."
        )
        return Finding("display", "none", False, False, cure)
    ok, line = _try(_WINDOW)
    named = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or ""
    if ok:
        return Finding("display", f"{line} {named}".strip(), True)
    cure = f"Qt cannot open a window there; install its libraries: `{LIBRARIES}`." if sys.platform == "linux" else line
    return Finding("display", named or line, False, True, cure)


def _checkpoints() -> list[Finding]:
    from voxstudio.engine.checkpoint import catalogue
    from voxstudio.engine.places import checkpoint_folders

    entries = catalogue(checkpoint_folders())
    if all(entry.problem for entry in entries):
        cure = "restore the folder checkpoints/, or train one: `voxstudio train vae_gan3d --out DIR`."
        return [Finding("checkpoints", "none", False, True, cure)]
    return [
        Finding(
            f"checkpoint {entry.name}", "cannot be opened" if entry.problem or not entry.card else entry.card.title,
            not entry.problem, False, entry.problem,
        )
        for entry in entries
    ]
