"""The 3DInfoGAN paper's ablation: soft labels and the shape-limit loss, each with and without.

``voxstudio evaluate --table infogan-ablation`` trains four networks alike on parametric chairs at 32^3, by the paper's
game (no encoder leads, minimax-like losses at the paper's step sizes) at the compact width, and compares their samples.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.data.parametric_store import ParametricStore
from voxstudio.engine.checkpoint import open_model, write_atomically
from voxstudio.engine.chronicle import read_curves
from voxstudio.engine.latent_space import draws, occupancies
from voxstudio.engine.training import Listener
from voxstudio.evaluation.sample_quality import sample_quality
from voxstudio.lab.opening import model_class
from voxstudio.lab.paper_tables import Drawn, Wanted
from voxstudio.lab.training import make_recipe, train

RUNS: Mapping[str, Mapping[str, Any]] = {
    "soft labels and shape limit": {"soft_labels": True, "shape_limit_weight": 1.0},
    "soft labels": {"soft_labels": True, "shape_limit_weight": 0.0},
    "shape limit": {"soft_labels": False, "shape_limit_weight": 1.0},
    "neither": {"soft_labels": False, "shape_limit_weight": 0.0},
}
COMPACT = {
    "resolution": 32, "width": 128, "d_width": 12, "noise_size": 64, "batch_size": 16, "categorical_codes": 1,
    "categories": 10,
}  # fmt: skip
STEPS, SEED, OBJECTS, SAMPLES = 400, 43, 1000, 64


def compare_labels(
    work: Path,
    steps: int = STEPS,
    picture: Path | None = None,
    device: str = "auto",
    say: Callable[[str], None] = lambda _: None,
    **changes: Any,
) -> dict[str, dict[str, float]]:
    """Train what is missing in ``work`` and measure all four; ``changes`` are options of the recipe for all.

    ``distance``: mean over samples of the mean absolute difference to the nearest training shape, times 1,000;
    the others as :func:`voxstudio.evaluation.sample_quality.sample_quality` has them.
    """
    rows, curves = {}, {}
    for name, options in RUNS.items():
        recipe: Any = make_recipe("infogan3d", "paper", **{**COMPACT, **changes, **options, "max_steps": steps})
        shapes = ParametricStore(("chair",), recipe.resolution, OBJECTS)
        say(f"{name}: {steps} steps")
        out = work / name.replace(" ", "-")
        train("infogan3d", out, recipe, stores=[(shapes, 1.0)], seed=SEED, resume=True, device=device,
              listener=Listener())  # fmt: skip
        model = open_model(out, model_class, device)
        made = occupancies(model, draws(model, range(SAMPLES)), None)
        learnt = np.stack([shapes.occupancy(k) for k in range(200)])
        found = sample_quality(made, learnt)
        rows[name] = {
            "distance": round(1000 * float(_apart(made, learnt).min(axis=1).mean()), 2),
            "diversity": round(found.diversity, 4), "diversity_ratio": round(found.diversity_ratio, 4),
            "largest_component": round(found.largest_component, 4), "empty_or_full": round(found.empty_or_full, 4),
        }  # fmt: skip
        curves[name] = read_curves(out)
    if picture is not None:
        _draw(curves, picture)
    return rows


def _apart(a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Share of voxels in which shapes ``[N, R, R, R]`` and ``[M, R, R, R]`` differ, ``[N, M]``."""
    x, y = (grids.reshape(len(grids), -1).astype(np.float32) for grids in (a, b))
    differing = x.sum(axis=1)[:, None] + y.sum(axis=1)[None] - 2 * (x @ y.T)  # exact: whole numbers below 2^24
    return np.asarray(differing / np.float64(x.shape[1]))


def _draw(curves: Mapping[str, list[dict[str, float]]], path: Path) -> None:
    """Accuracy of the discriminator and loss of the generator over the steps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.8), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    for place, (key, words) in enumerate((("d_accuracy", "accuracy of the discriminator"), ("g_loss", "loss of G"))):
        axes = figure.add_subplot(1, 2, place + 1)
        for name, rows in curves.items():
            told = [(row["step"], row[key]) for row in rows if key in row]
            if told:
                steps, values = np.array(told).T
                width = max(1, len(values) // 40)
                smooth = np.convolve(np.pad(values, (width - 1, 0), "edge"), np.ones(width) / width, "valid")
                axes.plot(steps, smooth, label=name)
        axes.set(xlabel="step", ylabel=words)
        axes.grid(alpha=0.25)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        if not place:
            axes.legend(frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_atomically(path, buffer.getvalue())


def make_table(wanted: Wanted) -> Drawn:
    """The table as :mod:`voxstudio.lab.paper_tables` wants it; no data are needed."""
    rows = compare_labels(wanted.work, STEPS, wanted.picture, wanted.device, wanted.say)
    heads = ("trained with", "distance to nearest x 1000", "diversity", "of training's", "in largest part", "empty")
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join(["---"] * len(heads)) + " |"]
    for name, row in rows.items():
        cells = [f"{row[k]:.3f}" for k in ("diversity", "diversity_ratio", "largest_component", "empty_or_full")]
        lines.append(f"| {name} | {row['distance']:.2f} | " + " | ".join(cells) + " |")
    return Drawn({"steps": STEPS, "resolution": 32, "rows": rows}, "\n".join(lines))
