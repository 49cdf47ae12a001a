"""Bench rows of 3DWINN: a shape from noise, one step of the way up, and what bf16 costs the shapes."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from voxstudio.lab.bench_rows import Row, row, side_by_side

CLIMBER = "winn-chair"
SHAPES = 8
"""Whose energies are compared in both precisions."""
SECONDS = 7.0
"""A shape in 3DWINN, on the authors' graphics card: a tenth of it on one of ours, less than all of it on two cores."""
MOST_DIFFERENCE = 0.01


def climbing() -> list[Row]:
    """Every row of the ascent, with the shipped network; only the bf16 row where it is not used in bf16."""
    from voxstudio.engine.places import checkpoint_folders, find_checkpoint
    from voxstudio.lab.opening import open_any

    model: Any = open_any(find_checkpoint(CLIMBER, checkpoint_folders()).folder, "auto")
    model.synthesize([0])  # what is compiled and allocated once is no part of it
    times = []
    for seed in (1, 2, 3):
        begun = time.perf_counter()
        model.synthesize([seed])
        times.append(time.perf_counter() - begun)
    limit = SECONDS / 10 if model.device != "cpu" else SECONDS
    step, alone = _step(model)
    return [
        row("climb.shape_32", sorted(times)[1], "s", None, f"value <= {limit:g}"),
        row("climb.step", step, "ms", alone, "ratio <= 1.15"),
        row("climb.bf16_energy", _difference(model), "", None, f"value <= {MOST_DIFFERENCE}"),
    ]


def _step(model: Any) -> tuple[float, float]:
    """One step of the last cascade, and its network's forward pass and gradient to the volume alone."""
    import torch

    from voxstudio.families.winn3d.ascent import gradient

    how = model.usual
    state = model.begin([1], None, how)
    net, low = model.nets[how.cascade], model.low
    volume = torch.from_numpy(state.volumes)[:, None].to(model.device)

    def climbed(x: Any) -> Any:
        with torch.autocast(torch.device(model.device).type, torch.bfloat16, enabled=low):
            outputs = net(x)
        return net.as_climbed(outputs, x, None)

    return side_by_side(lambda: model.advance(state, how), lambda: gradient(climbed, volume))


def _difference(model: Any) -> float | None:
    """How much the mean energy of final shapes differs between bf16 and float32; None where bf16 is not used."""
    if not model.low:
        return None
    energies = []
    for low in (True, False):
        model.low = low
        energies.append(float(np.mean(model.synthesize(range(SHAPES)).energies)))
    model.low = True
    return abs(energies[0] - energies[1]) / max(abs(energies[1]), 1e-9)
