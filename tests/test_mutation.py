"""The tests notice when the code is wrong: small faults are planted in a copy of the tree, and must be found."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
PAIRS = {
    "voxstudio/core/voxel_grid.py": "tests/core/test_values.py",
    "voxstudio/core/surface.py": "tests/core/test_values.py",
    "voxstudio/core/latent.py": "tests/core/test_values.py",
    "voxstudio/core/collection.py": "tests/core/test_values.py",
    "voxstudio/core/recipe.py": "tests/core/test_recipe_and_card.py",
    "voxstudio/core/card.py": "tests/core/test_recipe_and_card.py",
    "voxstudio/geometry/isosurface.py": "tests/geometry/test_isosurface.py",
    "voxstudio/geometry/voxelize.py": "tests/geometry/test_voxelize.py",
    "voxstudio/geometry/confidence.py": "tests/geometry/test_confidence.py",
    "voxstudio/geometry/smoothing.py": "tests/geometry/test_smoothing.py",
    "voxstudio/evaluation/metrics.py": "tests/evaluation/test_metrics.py",
}
SWAPS = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def places(tree: ast.Module) -> list[ast.AST]:
    """Where a fault can be planted."""
    kinds = (ast.Compare, ast.BinOp, ast.BoolOp, ast.Return)
    return [node for node in ast.walk(tree) if isinstance(node, kinds) and _spoil(node, only_ask=True)]


def fault(source: str, index: int) -> tuple[str, str]:
    """Plant one small fault: where and what it was, and the module that has it."""
    tree = ast.parse(source)
    node = places(tree)[index]
    words = f"line {getattr(node, 'lineno', 0)}: {ast.unparse(node)}"
    _spoil(node)
    return words, ast.unparse(tree)


def _spoil(node: ast.AST, only_ask: bool = False) -> bool:
    """Swap an operator, or return nothing; False if there is nothing to spoil."""
    if isinstance(node, ast.Return):
        if node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None):
            return False
        if not only_ask:
            node.value = ast.Constant(None)
        return True
    if isinstance(node, ast.Compare):
        swap = SWAPS.get(type(node.ops[0]))
        if swap and not only_ask:
            node.ops[0] = swap()
        return swap is not None
    swap = SWAPS.get(type(node.op))
    if swap and not only_ask:
        node.op = swap()
    return swap is not None


def survives(folder: Path, module: str, source: str) -> bool:
    """True if the module's tests pass although it is wrong. A test that hangs has noticed, too."""
    original = (ROOT / module).read_text()
    (folder / module).write_text(source)
    env = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xvfb", PAIRS[module]]
    try:
        run = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return False
    finally:
        (folder / module).write_text(original)
    assert run.returncode in (0, 1, 2, 3) or run.returncode < 0, run.stdout + run.stderr
    return run.returncode == 0


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the package and its tests; what is shipped is linked."""
    for name in ("voxstudio", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "_shipped"))
    for name in ("resources", "checkpoints"):
        (tmp_path / name).symlink_to(ROOT / name, target_is_directory=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("module", "right", "wrong"),
    [
        ("voxstudio/core/voxel_grid.py", "return self.values >= ", "return self.values > "),
        ("voxstudio/core/latent.py", "np.sin((1.0 - t) * angle)", "np.sin((1.0 + t) * angle)"),
    ],
)
def test_a_planted_fault_is_found(tree: Path, module: str, right: str, wrong: str) -> None:
    source = (ROOT / module).read_text()
    assert source.count(right) == 1
    assert survives(tree, module, source), "without a fault its tests must pass"
    assert not survives(tree, module, source.replace(right, wrong))


def test_the_planter_makes_faults_that_compile() -> None:
    for module in PAIRS:
        source = (ROOT / module).read_text()
        count = len(places(ast.parse(source)))
        assert count >= 3, module
        for index in (0, count - 1):
            words, spoiled = fault(source, index)
            compile(spoiled, module, "exec")
            assert words.startswith("line ") and spoiled != ast.unparse(ast.parse(source))


@pytest.mark.soak
@pytest.mark.parametrize("module", sorted(PAIRS))
def test_most_planted_faults_are_found(tree: Path, module: str) -> None:
    source = (ROOT / module).read_text()
    count = len(places(ast.parse(source)))
    chosen = np.random.default_rng(7).permutation(count)[:12]
    planted = [fault(source, int(index)) for index in chosen]
    missed = [words for words, spoiled in planted if survives(tree, module, spoiled)]
    # Some faults change nothing that can be seen: a bound that is never met, a cheaper path to the same answer.
    assert len(missed) <= len(chosen) // 3, "not noticed: " + "; ".join(missed)
