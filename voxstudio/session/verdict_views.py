"""A verdict as it stands on the stage: what the classifier looked at, or what an attack made of the shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.requests import Given, Tint

if TYPE_CHECKING:
    from voxstudio.lab.probing import Verdict

MINUS = "\N{MINUS SIGN}"
ATTACKED = ", attacked"


def attacked_name(name: str) -> str:
    """The name of a shape that was attacked, however often."""
    return f"{name.removesuffix(ATTACKED)}{ATTACKED}"


def looked(verdict: Verdict, name: str, maker: str, colour: str) -> Given:
    """The shape that was classified, coloured by what was looked at: ``colour`` is where, sign or none."""
    words = f"{name}: {verdict.answer.replace('_', ' ')}, {verdict.probabilities.max():.0%}"
    what = verdict.looked_for.replace("_", " ")
    tint = None
    if colour == "where":
        tint = Tint(np.abs(verdict.saliency), "ignored", f"looked at for {what}", signed=False)
    elif colour == "sign":
        tint = Tint(verdict.saliency, f"against {what}", f"for {what}")
    return Given(VoxelGrid.unit(verdict.grid, 0.5, name), words, maker, tint=tint)


def attacked(verdict: Verdict, name: str, maker: str) -> Given:
    """The shape as an attack left it, coloured by what was added and taken away."""
    change = verdict.change
    most = float(np.abs(change).max())
    words = f"{name}: {verdict.answer.replace('_', ' ')}"
    if verdict.attack is not None and most > 0:
        still = "still " if verdict.answer == verdict.answer_after else ""
        words += f"; attacked, {still}{verdict.answer_after.replace('_', ' ')}"
    tint = Tint(change / max(most, 1e-9), f"{MINUS}{most:.3g}", f"+{most:.3g}")
    return Given(VoxelGrid.unit(verdict.perturbed, 0.5, attacked_name(name)), words, maker, tint=tint)
