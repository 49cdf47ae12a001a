from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import voxstudio.geometry.jit

MODULE = """
from jit import compiled

@compiled
def double(x: float) -> float:
    return 2.0 * x

assert double(21.0) == 42.0
"""


def test_loops_compile_where_nothing_can_be_cached(tmp_path: Path) -> None:
    # numba's locators test whether they can write a file there. A file in the folder's place stops even root.
    shutil.copy(voxstudio.geometry.jit.__file__, tmp_path / "jit.py")
    (tmp_path / "loops.py").write_text(MODULE)
    (tmp_path / "__pycache__").write_text("in the way")
    (tmp_path / "home").write_text("in the way")
    blocked = str(tmp_path / "home" / "cache")
    env = {**os.environ, "HOME": blocked, "XDG_CACHE_HOME": blocked, "LOCALAPPDATA": blocked}
    env.pop("NUMBA_CACHE_DIR", None)
    run = subprocess.run([sys.executable, "loops.py"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
