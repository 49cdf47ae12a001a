"""``voxstudio sweep [CODE]``: what the codes of a generator move, in words; or one code as a filmstrip."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.cli import Outcome
from voxstudio.cli.latents import generator_options, opened, stage_of, stage_options, tidy
from voxstudio.core.errors import BadInput

if TYPE_CHECKING:
    from voxstudio.api import Model
    from voxstudio.evaluation.code_labels import CodeLabel

SHOWN = 24
"""Codes that are listed for a person; ``--json`` lists all."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "code",
        nargs="?",
        metavar="CODE",
        help="a code, such as continuous:0, or direction:1 (default: label all codes)",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="one code: .png, .gif, .mp4, .glb or .obj; all codes: .json"
    )
    generator_options(parser)
    parser.add_argument("--seed", type=int, default=0, help="the shape that one code starts from (default: 0)")
    parser.add_argument(
        "--from", dest="low", type=float, metavar="A", help="where one code starts (default: its prior)"
    )
    parser.add_argument("--to", dest="high", type=float, metavar="B", help="and ends")
    stage_options(parser, 7)
    parser.add_argument("--directions", action="store_true", help="find, label and keep principal directions instead")
    parser.add_argument(
        "--layer", choices=("auto", "latent", "first", "shape"), default="auto", help="for --directions"
    )
    parser.add_argument("--shapes", type=int, default=200, metavar="N", help="measured for each label (default: 200)")
    parser.add_argument("--card", action="store_true", help="also write the labels into the checkpoint's card")


def sweep_command(arguments: argparse.Namespace) -> Outcome:
    """``voxstudio sweep`` and ``voxstudio sweep continuous:0 -o strip.png``."""
    if arguments.code is not None:
        if arguments.directions or arguments.card:
            raise BadInput("--directions and --card are for all codes: leave the code out.")
        return _film(arguments)
    if not 20 <= arguments.shapes <= 10_000:
        raise BadInput(f"--shapes lies between 20 and 10,000, not {arguments.shapes:,}.")
    return _directions(arguments) if arguments.directions else _labels(arguments)


def _labels(arguments: argparse.Namespace) -> Outcome:
    from voxstudio.cli import commands
    from voxstudio.lab.sweeps import find_labels, into_card, labels_path, save_labels

    if arguments.output:
        commands._writable(arguments.output, (".json",))
    model, label = opened(arguments)
    found = find_labels(model.space, label, commands.progress_line(), arguments.shapes // 2, arguments.shapes)
    written = [save_labels(found, labels_path(model.card, label))]
    if arguments.output:
        written.append(save_labels(found, Path(arguments.output)))
    if arguments.card:
        from voxstudio.engine.places import checkpoint_folders, find_checkpoint

        folder = find_checkpoint(arguments.checkpoint, checkpoint_folders()).folder
        into_card(folder, found)
        written.append(folder / "card.json")
    rows = sorted(found.labels, key=lambda one: -abs(one.r)) if len(found.labels) > SHOWN else list(found.labels)
    document = {**found.to_json(), "best_code_r": found.best_code_r, "written": [str(path) for path in written]}
    return Outcome(document, "\n".join([*_table(rows[:SHOWN], len(rows)), *(f"Wrote {path}." for path in written)]))


def _table(rows: Sequence[CodeLabel], total: int) -> list[str]:
    lines = [f"{one.handle:<16} {one.words}" for one in rows]
    return lines if total <= len(rows) else [*lines, f"and {total - len(rows)} more, which --json lists."]


def _directions(arguments: argparse.Namespace) -> Outcome:
    from voxstudio.cli import commands
    from voxstudio.lab.directions import directions_path, find_directions, save_directions

    if arguments.output or arguments.card:
        raise BadInput("Directions are kept in your own data folder: leave -o and --card out.")
    model, label = opened(arguments)
    found = find_directions(model.space, layer=arguments.layer, label=label, progress=commands.progress_line())
    path = save_directions(found, directions_path(model.card, label))
    items = [
        {"name": one.name, "words": one.words, "share": round(one.share, 4), "vector": one.vector.tolist()}
        for one in found.items
    ]
    document = {
        "checkpoint": found.checkpoint, "sha256": found.sha256, "layer": found.layer, "label": label, "items": items,
        "written": [str(path)],
    }  # fmt: skip
    lines = [f"{one.name:<12} {100 * one.share:5.1f} %  {one.words}" for one in found.items]
    return Outcome(document, "\n".join([f"Principal directions of the layer {found.layer}:", *lines, f"Wrote {path}."]))


def _film(arguments: argparse.Namespace) -> Outcome:
    from voxstudio import api
    from voxstudio.cli import commands
    from voxstudio.data.contact_sheet import contact_sheet
    from voxstudio.engine.latent_space import checked_seed
    from voxstudio.geometry.animation import ANIMATIONS, save_animation

    if not arguments.output:
        raise BadInput("Name the file for the strip with -o: .png, .gif, .mp4, .glb or .obj.")
    path = commands._writable(arguments.output, (".png", *ANIMATIONS))
    stage = stage_of(arguments)
    checked_seed(arguments.seed)
    model, label = opened(arguments)
    one, values = _movable(arguments, model, label)
    strip = _made(arguments, model, label, one, values)
    grids = strip.grids if arguments.iso is None else [grid.with_iso(arguments.iso) for grid in strip.grids]
    surfaces = [api.surface(tidy(arguments, grid).grid, arguments.style, arguments.smoothing) for grid in grids]
    if path.suffix.lower() == ".png":
        items = [(f"{value:.3g}", surface) for value, surface in zip(strip.values, surfaces, strict=True)]
        written = [contact_sheet(items, path, min(len(items), 12), min(arguments.size, 240))]
    else:
        written = save_animation(surfaces, path, stage, None, commands.progress_line())
    document = {
        "output": [str(file) for file in written], "checkpoint": model.name, "label": label, "code": one.name,
        "seed": arguments.seed, "values": [round(value, 6) for value in strip.values],
        "attributes": {key: [_plain(v) for v in strip.measured[:, k]] for k, key in enumerate(strip.keys)},
    }  # fmt: skip
    return Outcome(document, f"Wrote {written[0]}: {one.name} at {len(strip.values)} values.")


def _movable(arguments: argparse.Namespace, model: Model, label: str | None) -> tuple[Any, tuple[float, ...]]:
    """What is swept and where it stops; BadInput for a code or a direction that is not there, or a bad range."""
    import numpy as np

    from voxstudio.engine.latent_space import handle
    from voxstudio.evaluation.code_labels import sweep_values

    space, low, high = model.space, arguments.low, arguments.high
    if not 2 <= arguments.frames <= 500:
        raise BadInput(f"A sweep takes 2 to 500 frames, not {arguments.frames}.")
    if (low is None) != (high is None):
        raise BadInput("--from and --to belong together: give both, or neither.")
    if low is not None and not (math.isfinite(low) and math.isfinite(high)):
        raise BadInput(f"--from and --to are numbers, not {low:g} and {high:g}.")
    one: Any = _direction(arguments, model, label) if arguments.code.startswith("direction:") else None
    if one is None:
        one = handle(space.layout, arguments.code)
        if low is None:
            return one, sweep_values(space, one, arguments.frames, label)
        if one.is_choice:
            return one, tuple(float(v) for v in range(int(low), int(high) + 1))
    else:
        low, high = (-2.0, 2.0) if low is None else (low, high)
        if not -4.0 <= min(low, high) <= max(low, high) <= 4.0:
            raise BadInput(f"A direction reaches from -4 to 4 standard deviations, not from {low:g} to {high:g}.")
    return one, tuple(np.linspace(low, high, arguments.frames).tolist())


def _direction(arguments: argparse.Namespace, model: Model, label: str | None) -> Any:
    from voxstudio.lab.directions import stored_directions

    found = stored_directions(model.card, model.space.layout, label)
    number = arguments.code.partition(":")[2]
    if found is None:
        raise BadInput(f"No directions of {model.name} are known yet: find them with voxstudio sweep --directions.")
    if not number.isdecimal() or not 1 <= int(number[:6]) <= len(found.items):
        raise BadInput(f"The directions of {model.name} are direction:1 to direction:{len(found.items)}.")
    return found.items[int(number) - 1]


def _made(arguments: argparse.Namespace, model: Model, label: str | None, one: Any, values: tuple[float, ...]) -> Any:
    from voxstudio.cli import commands
    from voxstudio.lab.sweeps import film_of

    tell = commands.progress_line()
    return film_of(model.space, one, values, arguments.seed, label, None, lambda f, w: tell(0.5 * f, w))


def _plain(value: float) -> float | None:
    return round(float(value), 4) if value == value else None
