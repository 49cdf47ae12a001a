"""The enhancer paper's comparison of layers: ``voxstudio evaluate --table enhancer-layers --data DIR``.

Four networks that differ in one option (bridge from layer 1, 2, 3, or none) are trained alike on ModelNet10 at 32^3,
and the features of their discriminators compared: linear SVM and retrieval (tables 1 to 3 and the precision-recall
curves of the paper). The same call goes on where it was broken off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from voxstudio.core.errors import BadInput
from voxstudio.data.prepare import store_of_grids
from voxstudio.data.readers import known_files, read_npz, repeats
from voxstudio.data.shape_store import open_store
from voxstudio.engine.checkpoint import open_model
from voxstudio.engine.training import Listener
from voxstudio.evaluation.generator_protocol import feature_curves
from voxstudio.lab.opening import model_class
from voxstudio.lab.paper_tables import Drawn, Wanted
from voxstudio.lab.training import make_recipe, train

LAYERS = {"1": "layer 1", "2": "layer 2", "3": "layer 3", "none": "no enhancer"}
PAPER = {"1": (0.9163, 0.65), "2": (0.9152, None), "3": (0.9042, None), "none": (0.8888, 0.6182)}
"""Accuracy and mean average precision on ModelNet10 that the paper prints."""
STEPS, LEAD, RESOLUTION, SEED = 600, 450, 32, 41


def compare_layers(
    data: Path,
    work: Path,
    steps: int = STEPS,
    picture: Path | None = None,
    device: str = "auto",
    say: Callable[[str], None] = lambda _: None,
    **changes: Any,
) -> dict[str, Mapping[str, Any]]:
    """Train what is missing in ``work`` and measure all four; figures by bridge, as ``evaluate --json`` names them.

    ``data`` holds both 30^3 files of ModelNet10; ``changes`` are options of the recipe, the same for all four. Raises
    BadInput if a file is missing.
    """
    known = known_files(data)
    missing = [name for name in ("vox30_train", "vox30_test") if name not in known]
    if missing:
        raise BadInput(f"{data} lacks the file modelnet10_{missing[0]}.npz: the comparison is made on ModelNet10.")
    prepared = work / "shapes"
    if not (prepared / "store.json").exists():
        store_of_grids(prepared, read_npz(known["vox30_train"], "train"), None)
    shapes = open_store(prepared)
    models = {}
    for bridge, words in LAYERS.items():
        recipe = make_recipe(
            "enhancer_gan", "compact-32", classes=tuple(shapes.class_names), bridge=bridge, max_steps=steps,
            lead_steps=round(steps * LEAD / STEPS), **changes,
        )  # fmt: skip
        say(f"{words}: {steps} steps")
        out = work / f"bridge-{bridge}"
        train("enhancer_gan", out, recipe, stores=[(shapes, 1.0)], seed=SEED, resume=True, device=device,
              listener=_told(say))  # fmt: skip
        models[words] = open_model(out, model_class, device)
    test = read_npz(known["vox30_test"], None, shapes.class_names, RESOLUTION)
    taught = read_npz(known["vox30_train"], None, shapes.class_names, RESOLUTION)
    rows = feature_curves(models, taught, test, repeats(test, taught), picture)
    return {bridge: rows[words] for bridge, words in LAYERS.items()}


def layers_table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """A Markdown table: ours beside the paper's."""
    heads = ("features", "SVM accuracy", "without repeats", "paper", "retrieval mAP", "paper")
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join(["---"] * len(heads)) + " |"]
    for bridge, row in rows.items():
        accuracy, precision = PAPER[bridge]
        cells = (
            LAYERS[bridge], f"{row['svm_modelnet10']:.4f}", f"{row['svm_modelnet10_new']:.4f}", f"{accuracy:.4f}",
            f"{row['map_modelnet10']:.4f}", f"{precision:.4f}" if precision is not None else "-",
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _told(say: Callable[[str], None], every: int = 100) -> Listener:
    def report(one: Any) -> None:
        if one.step % every == 0:
            say(f"  step {one.step} of {one.max_steps}, loss {one.values.get('loss', 0.0):.3f}")

    return Listener(report=report)


def make_table(wanted: Wanted) -> Drawn:
    """The table as :mod:`voxstudio.lab.paper_tables` wants it."""
    assert wanted.data is not None
    rows = compare_layers(wanted.data, wanted.work, STEPS, wanted.picture, wanted.device, wanted.say)
    document = {"steps": STEPS, "resolution": RESOLUTION, "rows": {LAYERS[k]: dict(row) for k, row in rows.items()}}
    return Drawn(document, layers_table(rows))
