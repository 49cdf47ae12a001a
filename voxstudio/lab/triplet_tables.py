"""The cross-domain paper again: its losses side by side, its four architectures (Figure 4) and its Figure 5.

The losses and the architectures are compared at a small size that runs everywhere; the numbers are for comparison among
themselves. What was trained is kept in the work folder, so that the same call goes on where it was broken off.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.recipe import Recipe
from voxstudio.data.pair_batches import held_out_pairs
from voxstudio.data.parametric_store import ParametricStore
from voxstudio.engine.checkpoint import make_folder, open_model, write_atomically
from voxstudio.evaluation.cross_domain import measure_pairs, silhouette
from voxstudio.lab.cross_domain_data import cross_domain_data, parametric_pairs
from voxstudio.lab.opening import model_class
from voxstudio.lab.paper_tables import Drawn, Wanted
from voxstudio.lab.training import batch_source, make_recipe, train

Say = Callable[[str], None]
PLAIN: Mapping[str, Any] = {"loss": "triplet", "centred": False, "unit": False, "gap_weight": 0.0}
LOSSES: Mapping[str, Mapping[str, Any]] = {
    "triplet (paper)": PLAIN,
    "triplet, centred": {**PLAIN, "centred": True},
    "symmetric, semi-hard": {**PLAIN, "loss": "symmetric", "mining": "semihard"},
    "lifted structure": {**PLAIN, "loss": "lifted"},
    "n pairs": {},
}
"""What is compared, the paper's loss first; everything else is the compact recipe."""
SMALL: Mapping[str, Any] = {
    "image_size": 48, "image_entry": 2, "width": 16, "image_width": 16, "widest": 32, "hidden": 96, "batch_size": 32,
    "views_each": 1, "view_pool": 700, "pool_views": 4, "keep_background": 0.0, "warmup_steps": 30,
}  # fmt: skip
ARCHITECTURES = ("1-conv-1-fc", "2-conv-1-fc", "3-conv-1-fc", "2-conv-2-fc")
CARS: Mapping[str, Any] = {
    "image_size": 48, "image_entry": 2, "width": 8, "image_width": 8, "widest": 64, "hidden": 256, "batch_size": 24,
    "view_pool": 400, "pool_views": 4, "norm": "none", "dropout": 0.0, "views_each": 1, "weight_decay": 0.0,
    "schedule": "constant", "learning_rate": 1e-3, "ema": 0.0, "classes": ("car",), **PLAIN,
}  # fmt: skip
"""The paper's training on one class, cars told from other cars, at a size of minutes."""
SEED, LOSS_STEPS, CURVE_STEPS, EVERY, OBJECTS = 62, 300, 500, 20, 300
LEARNT, UNSEEN = 400, 24
"""Parametric objects of each class that these runs learn from; those of the batch whose loss is the test loss."""
CLASSES = ("chair", "table", "lamp", "sofa", "bed", "car", "airplane")


def compare_losses(
    work: Path,
    steps: int = LOSS_STEPS,
    objects: int = OBJECTS,
    device: str = "auto",
    say: Say = lambda _: None,
    **changes: Any,
) -> dict[str, dict[str, float]]:
    """Train what is missing in ``work`` and measure every loss; ``changes`` are options of the recipe for all."""
    rows: dict[str, dict[str, float]] = {}
    pairs, shapes = None, None
    for name, options in LOSSES.items():
        told = {"classes": CLASSES, **SMALL, **changes, **options, "max_steps": steps}
        recipe: Any = make_recipe("triplet", **told)
        say(f"{name}: {steps} steps")
        out = work / "".join(letter if letter.isalnum() else "-" for letter in name)
        shapes = shapes or ParametricStore(recipe.classes, recipe.resolution, LEARNT)
        # Without a process for the batches: the shapes that one run has made are there for the next.
        train("triplet", out, recipe, stores=[(shapes, 1.0)], seed=SEED, resume=True, device=device, workers=0)
        model = open_model(out, model_class, device)
        if pairs is None:
            pairs = cross_domain_data(model.card, model.image_size, None, objects)[""]
        rows[name] = measure_pairs(model, pairs)
    return rows


def losses_table(wanted: Wanted) -> Drawn:
    """``--table triplet-losses``; nothing is drawn."""
    rows = compare_losses(wanted.work, device=wanted.device, say=wanted.say)
    heads = {
        "recall1_image_to_shape": "image to shape @1", "recall5_image_to_shape": "@5",
        "recall1_shape_to_image": "shape to image @1", "recall5_shape_to_image": "@5", "modality_gap": "gap",
        "silhouette": "silhouette",
    }  # fmt: skip
    return Drawn({"steps": LOSS_STEPS, "objects": OBJECTS, "rows": rows}, _table("loss", heads, rows))


def _table(first: str, heads: Mapping[str, str], rows: Mapping[str, Mapping[str, float]]) -> str:
    lines = ["| " + " | ".join((first, *heads.values())) + " |", "| " + " | ".join(["---"] * (len(heads) + 1)) + " |"]
    lines += [f"| {name} | " + " | ".join(f"{row[key]:.3f}" for key in heads) + " |" for name, row in rows.items()]
    return "\n".join(lines)


def compare_architectures(
    work: Path, steps: int = CURVE_STEPS, device: str = "auto", say: Say = lambda _: None, **changes: Any
) -> dict[str, dict[str, list[float]]]:
    """Learning curves of the four architectures on cars: ``step``, ``train`` and ``test`` loss every 20 steps.

    As in the paper, the test loss is that of one mini-batch of objects that are not learnt.
    """
    curves: dict[str, dict[str, list[float]]] = {}
    make_folder(work)
    shapes = None
    for name in ARCHITECTURES:
        recipe: Any = make_recipe("triplet", **{**CARS, **changes, "architecture": name, "max_steps": steps})
        shapes = shapes or ParametricStore(recipe.classes, recipe.resolution, LEARNT)
        kept = work / f"{name}-{recipe.digest()[:12]}.json"
        if not kept.exists():
            say(f"{name}: {steps} steps")
            write_atomically(kept, json.dumps(_curve(recipe, shapes, steps, device)).encode())
        curves[name] = json.loads(kept.read_text(encoding="utf-8"))
    return curves


def _curve(recipe: Recipe, shapes: ParametricStore, steps: int, device: str) -> dict[str, list[float]]:
    from voxstudio.families import family

    source = batch_source([(shapes, 1.0)], recipe, SEED, 0)
    trainer = family("triplet").load("trainer")(recipe, source, device, SEED)
    (unseen,) = held_out_pairs([(shapes, 1.0)], recipe, SEED, UNSEEN)
    found: dict[str, list[float]] = {"step": [], "train": [], "test": []}
    recent: list[float] = []
    for step in range(steps):
        recent.append(trainer.step().values["loss"])
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            for key, value in (("step", step + 1), ("train", np.mean(recent)), ("test", trainer.loss_of(unseen))):
                found[key].append(round(float(value), 5))
            recent.clear()
    return found


def architectures_table(wanted: Wanted) -> Drawn:
    """``--table triplet-architectures``; the picture is Figure 4 drawn again."""
    curves = compare_architectures(wanted.work, device=wanted.device, say=wanted.say)
    if wanted.picture is not None:
        draw_curves(curves, wanted.picture)
    rows = {
        name: {"first": told["test"][0], "least": min(told["test"]), "last": told["test"][-1],
               "train": told["train"][-1]}
        for name, told in curves.items()
    }  # fmt: skip
    heads = {"first": "test loss, first", "least": "least", "last": "last", "train": "training loss, last"}
    return Drawn({"steps": CURVE_STEPS, "rows": rows, "curves": curves}, _table("architecture", heads, rows))


def draw_curves(curves: Mapping[str, Mapping[str, Sequence[float]]], path: Path) -> None:
    """Figure 4: training and test loss of each architecture over the steps."""
    figure = _figure(10.0, 6.4)
    top = max(max(told["train"] + told["test"]) for told in curves.values())  # type: ignore[operator]  # lists
    for place, (name, told) in enumerate(curves.items()):
        axes = figure.add_subplot(2, 2, place + 1)
        axes.plot(told["step"], told["train"], label="training")
        axes.plot(told["step"], told["test"], label="test", alpha=0.75)
        axes.set(title=name, xlabel="step", ylabel="triplet loss", ylim=(0, min(top, 3.0) * 1.05))
        axes.grid(alpha=0.25)
        if not place:
            axes.legend(frameon=False)
    _write(figure, path)


def silhouette_table(wanted: Wanted) -> Drawn:
    """``--table triplet-silhouette``: Figure 5 with the shipped encoder; the picture is its map."""
    from voxstudio.core.paths import shipped
    from voxstudio.evaluation.flat_map import flat_map

    model = open_model(shipped("checkpoints") / "cross-domain", model_class, wanted.device)
    wanted.say("Drawing 30 pictures of each of ten objects")
    parts = {"parametric cars": parametric_pairs(model.card, model.image_size, 2, 10, only="car")}
    if wanted.data is not None:
        from voxstudio.lab.cross_domain_data import real_pairs

        parts["real chairs"] = real_pairs(model.card, model.image_size, wanted.data, 10, 10)
    rows, maps = {}, {}
    for name, pairs in parts.items():
        vectors = model.embed_images(pairs.many)
        flat = flat_map(vectors, "tsne", seed=5).places
        rows[name] = {"space": silhouette(vectors, pairs.many_of), "map": silhouette(flat, pairs.many_of)}
        maps[name] = (flat, pairs.many_of)
    if wanted.picture is not None:
        draw_maps(maps, wanted.picture)
    heads = {"space": f"silhouette in {model.dimensions} dimensions", "map": "in the map"}
    return Drawn({"rows": rows, "pictures": 300, "objects": 10}, _table("pictures of", heads, rows))


def draw_maps(maps: Mapping[str, tuple[npt.NDArray[Any], npt.NDArray[np.int64]]], path: Path) -> None:
    """Figure 5: each object has a marker and a colour of its own."""
    figure = _figure(5.6 * len(maps), 5.4)
    for place, (name, (flat, objects)) in enumerate(maps.items()):
        axes = figure.add_subplot(1, len(maps), place + 1)
        for k in np.unique(objects):
            chosen = flat[objects == k]
            axes.scatter(*chosen.T, s=26, marker="os^vDPX*<>"[k % 10], color=f"C{k % 10}", linewidths=0, alpha=0.85)
        axes.set(title=f"t-SNE of {len(flat)} pictures of {len(np.unique(objects))} {name}", xticks=[], yticks=[])
        axes.set_aspect("equal", adjustable="datalim")
    _write(figure, path)


def _figure(width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _write(figure: Any, path: Path) -> None:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_atomically(path, buffer.getvalue())
