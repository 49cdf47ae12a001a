"""Shapes from noise, or from another shape, by ascent: the loop behind ``voxstudio synthesize`` and sampling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from voxstudio.core.ascent import Ascent, AscentState
from voxstudio.core.errors import BadInput
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.ascending import can_synthesize
from voxstudio.engine.family import Progress, Synthesizer, quiet
from voxstudio.lab.checkpoint_names import able


def synthesizer(model: Any) -> Synthesizer:
    """The model as a synthesizer; BadInput if it is none."""
    if not can_synthesize(model):
        raise BadInput(f"The checkpoint {model.card.name} does not climb to shapes: choose from {able('synthesize')}.")
    result: Synthesizer = model
    return result


def aim_of(model: Synthesizer, seed: int, target: str | None) -> str | None:
    """The class that a chain climbs to: ``target``, else one that the seed chooses; None for a network without classes.

    BadInput names the classes that can be aimed at.
    """
    if target is None:
        return model.targets[seed % len(model.targets)] if model.targets else None
    if target not in model.targets:
        known = f"choose from {', '.join(model.targets)}" if model.targets else "it has one score for all shapes"
        raise BadInput(f"{model.card.name} cannot aim at {target!r}: {known}.")
    return target


def climb(
    model: Synthesizer, seed: int, ascent: Ascent, start: VoxelGrid | None = None, steps: int | None = None,
    cascade: int | None = None, progress: Progress = quiet, watch: Callable[[AscentState], None] | None = None,
) -> AscentState:  # fmt: skip
    """One chain, always by itself, so that the same seed gives the same shape however many are made.

    Parameters
    ----------
    start: None for noise, which passes through every network; a shape climbs the last one.
    steps: in each network; by default as many as it was trained with.
    cascade: climb this network alone.
    watch: sees every state, the first one included.
    """
    each = model.usual_steps if steps is None else steps
    if each < 1:
        raise BadInput(f"An ascent takes at least one step, not {each}.")
    if ascent.noise_steps is not None and ascent.noise_steps == model.usual.noise_steps:
        ascent = ascent.lasting(each / model.usual_steps)
    last = model.cascades - 1
    if cascade is not None and not 0 <= cascade <= last:
        raise BadInput(f"{model.card.name} has networks 1 to {last + 1}, not {cascade + 1}.")
    networks = [cascade] if cascade is not None else [last] if start is not None else list(range(model.cascades))
    state = model.begin((seed,), start, replace(ascent, cascade=networks[0]))
    if watch is not None:
        watch(state)
    whole = each * len(networks)
    for k in range(whole):
        progress(k / whole, "Climbing")
        state = model.advance(state, replace(ascent, cascade=networks[k // each]))
        if watch is not None:
            watch(state)
    return state
