"""``voxstudio sample``: shapes from noise, one, several, or a contact sheet of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.cli import Outcome
from voxstudio.cli.latents import by_name, codes_of, crumb_option, label_of, tidy
from voxstudio.core.errors import BadInput

if TYPE_CHECKING:
    from voxstudio.api import Model
    from voxstudio.core.latent import Latent

SHEET = 16
MOST = 400


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes beside the options of every mesh."""
    from voxstudio.cli.latents import draw_options

    parser.add_argument("label", nargs="?", metavar="CLASS", help="the class (default: the checkpoint's first)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same object (default: 0)")
    parser.add_argument(
        "--count", type=int, metavar="N", help=f"so many objects, of seeds that follow ({SHEET} on a .png)"
    )
    parser.add_argument("--columns", type=int, default=4, metavar="N", help="of a contact sheet (default: 4)")
    draw_options(parser)
    crumb_option(parser)
    parser.add_argument("--latent", metavar="FILE.json", help="also save the latent: a keyframe for interpolate")
    parser.add_argument("--nearest", action="store_true", help="also tell the nearest training shape")
    parser.add_argument("--data", metavar="DIR", help="for --nearest: the real shapes that were learned from")


def sample_command(arguments: argparse.Namespace) -> Outcome:
    """``voxstudio sample [CLASS] -o chair.stl | sheet.png``."""
    from voxstudio import api
    from voxstudio.cli import commands

    sheet = Path(arguments.output).suffix.lower() == ".png"
    count = arguments.count if arguments.count is not None else SHEET if sheet else 1
    if not 1 <= count <= MOST:
        raise BadInput(f"--count lies between 1 and {MOST}, not {count}.")
    if not 0.0 <= arguments.truncation <= 2.0:
        raise BadInput(f"--truncation lies between 0 and 2, not {arguments.truncation:g}.")
    if count > 1 and (arguments.latent or arguments.nearest or arguments.preview):
        raise BadInput("--latent, --nearest and --preview are for one object: leave --count out.")
    codes = codes_of(arguments.code)
    if sheet:
        commands._writable(arguments.output, (".png",))
    else:
        commands._check_outputs(arguments)
    if arguments.latent:
        commands._writable(arguments.latent, (".json",))
    model = api.open(arguments.checkpoint, arguments.device)
    if model.climbs:
        return _climbed(arguments)
    codes = by_name(codes, model.space)
    label = label_of(model, arguments.label)
    seeds = range(arguments.seed, arguments.seed + count)
    if sheet:
        return _sheet(arguments, model, label, [model.draw(seed, label, arguments.truncation, codes) for seed in seeds])
    if count > 1:
        return _several(arguments, model, label, codes)
    latent = model.draw(arguments.seed, label, arguments.truncation, codes)
    grid = model.decode(latent, label, arguments.iso)
    about: dict[str, Any] = {"label": label, "seed": arguments.seed, "codes": codes, "latent": arguments.latent}
    told = ""
    if arguments.nearest:
        nearest = _nearest(model, tidy(arguments, grid).grid.occupancy, arguments.data)
        about["nearest"], told = nearest
    outcome = commands._meshed(arguments, model, grid, about)
    if arguments.latent:
        from voxstudio.engine.latent_file import save_latent

        save_latent(Path(arguments.latent), latent, model.card, label)
        told += f"\nWrote {arguments.latent}."
    return Outcome(outcome.document, outcome.text + told, outcome.ok)


def _climbed(arguments: argparse.Namespace) -> Outcome:
    """A checkpoint without a latent: its shapes climb out of noise."""
    from voxstudio.cli.climbing import synthesize_command

    if arguments.latent or arguments.nearest or arguments.code:
        raise BadInput(f"{arguments.checkpoint} has no latent: leave out --latent, --nearest and --code.")
    names = ("start", "steps", "network", "method", "step_size", "annealing", "noise", "noise_steps", "film")
    nothing = dict.fromkeys(names)
    return synthesize_command(argparse.Namespace(**{**vars(arguments), "target": arguments.label, **nothing}))


def _several(arguments: argparse.Namespace, model: Model, label: str | None, codes: dict[str, float]) -> Outcome:
    """``chair-0001.stl`` and so on; what was written stays if a later one is empty."""
    from voxstudio.cli import commands
    from voxstudio.geometry.animation import numbered

    documents, lines = [], []
    tell, count = commands.progress_line(), arguments.count
    for k, path in enumerate(numbered(Path(arguments.output), count)):
        tell(k / count, f"Making object {k + 1} of {count}")
        seed = arguments.seed + k
        grid = model.decode(model.draw(seed, label, arguments.truncation, codes), label, arguments.iso)
        each = argparse.Namespace(**{**vars(arguments), "output": str(path)})
        outcome = commands._meshed(each, model, grid, {"label": label, "seed": seed, "codes": codes})
        documents.append(outcome.document)
        lines.append(outcome.text)
    return Outcome(documents, "\n".join(lines))


def _sheet(arguments: argparse.Namespace, model: Model, label: str | None, latents: list[Latent]) -> Outcome:
    from voxstudio import api
    from voxstudio.cli import commands
    from voxstudio.data.contact_sheet import contact_sheet

    items, empty = [], 0
    tell = commands.progress_line()
    for k, latent in enumerate(latents):
        tell(k / len(latents), f"Making object {k + 1} of {len(latents)}")
        grid = model.decode(latent, label, arguments.iso)
        empty += grid.is_empty
        surface = api.surface(tidy(arguments, grid).grid, arguments.style, arguments.smoothing)
        items.append((f"{label or 'seed'} {arguments.seed + k}", surface))
    path = contact_sheet(items, Path(arguments.output), max(1, arguments.columns))
    document = {
        "output": str(path), "checkpoint": model.name, "label": label, "objects": len(items), "empty": empty,
        "seeds": [arguments.seed, arguments.seed + len(items) - 1],
    }  # fmt: skip
    return Outcome(document, f"Wrote {path}: {len(items)} objects of {model.name}.")


def _nearest(model: Model, occupancy: Any, data: str | None) -> tuple[dict[str, Any], str]:
    from voxstudio.cli import commands
    from voxstudio.lab.nearest import build_index, open_index, training_shapes

    index = open_index(model.card)
    if index is None:
        shapes = training_shapes(model.card, Path(data) if data else None)
        index = build_index(model.space, shapes, commands.progress_line())
    found = index.nearest(model.space, occupancy)
    document = {
        "name": found.name, "class": found.class_name, "distance": round(found.distance, 4), "iou": round(found.iou, 4),
        "typical": round(found.typical, 4), "threshold": round(found.threshold, 4), "memorised": found.memorised,
        "shapes": len(index),
    }  # fmt: skip
    return document, f"\n{found.words}"
