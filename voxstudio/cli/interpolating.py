"""``voxstudio interpolate KEY KEY ...``: a path between shapes, as an animation or a series; and A - B + C."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.cli import Outcome
from voxstudio.cli.latents import (
    draw_options,
    frames_of,
    generator_options,
    keyframes,
    opened,
    stage_of,
    stage_options,
    tidy,
)
from voxstudio.core.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxstudio.api import Model
    from voxstudio.core.latent import Latent

FRAMES = 48


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("keys", nargs="+", metavar="KEY", help="seeds, or files that sample or invert --latent wrote")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help=".gif, .mp4, .glb (animated) or .obj (a numbered series)"
    )
    generator_options(parser)
    draw_options(parser)
    parser.add_argument("--path", choices=("slerp", "linear"), default="slerp", help="great circles or straight lines")
    parser.add_argument("--loop", action="store_true", help="come back to the first keyframe")
    stage_options(parser, FRAMES)
    parser.add_argument("--beside", action="store_true", help="show the image that the generator imagines beside it")
    parser.add_argument(
        "--arithmetic", action="store_true",
        help="three keys A B C: make A - B + C; .png shows all four, .gif and .mp4 the way there from A",
    )  # fmt: skip
    parser.add_argument("--latent", metavar="FILE.json", help="with --arithmetic: save the latent of A - B + C")


def interpolate_command(arguments: argparse.Namespace) -> Outcome:
    """``voxstudio interpolate 1 2 3 -o path.gif``."""
    from voxstudio.cli import commands
    from voxstudio.engine.latent_space import walk_in
    from voxstudio.geometry.animation import ANIMATIONS, save_animation

    if arguments.arithmetic:
        return _arithmetic(arguments)
    if arguments.latent:
        raise BadInput("--latent saves the result of --arithmetic: add that, or use voxstudio sample --latent.")
    path = commands._writable(arguments.output, tuple(ANIMATIONS))
    stage = stage_of(arguments)
    model, label = opened(arguments)
    keys, label = keyframes(model, arguments.keys, label, arguments)
    latents = walk_in(model.space.layout, keys, arguments.frames, arguments.path, arguments.loop)
    frames = frames_of(model, latents, label, arguments)
    beside = _beside(model, latents, path) if arguments.beside else None
    written = save_animation(frames, path, stage, beside, commands.progress_line())
    document = {
        "output": [str(file) for file in written], "checkpoint": model.name, "label": label, "keys": arguments.keys,
        "path": arguments.path, "loop": arguments.loop, "frames": len(latents), "fps": arguments.fps,
        "device": model.device, "note": model.note,
    }  # fmt: skip
    where = str(path) if len(written) == 1 else f"{written[0]} to {written[-1].name}"
    return Outcome(document, f"Wrote {where}: {len(latents)} frames through {len(keys)} keyframes.")


def _beside(model: Model, latents: Sequence[Latent], path: Path) -> Any:
    from voxstudio.geometry.animation import Lazy

    space: Any = model.space
    if not hasattr(space, "side_image"):
        raise BadInput(f"{model.name} imagines no image: leave --beside out, or choose an enhancer checkpoint.")
    if path.suffix.lower() not in (".gif", ".mp4"):
        raise BadInput(f"An image stands beside the shape in a .gif or .mp4, not in {path.name}.")
    return Lazy(len(latents), lambda k: space.side_image(latents[k]).pixels[..., :3])


def _arithmetic(arguments: argparse.Namespace) -> Outcome:
    from voxstudio import api
    from voxstudio.cli import commands
    from voxstudio.data.contact_sheet import contact_sheet
    from voxstudio.engine.latent_file import save_latent
    from voxstudio.engine.latent_space import arithmetic, walk_in
    from voxstudio.geometry.animation import save_animation
    from voxstudio.geometry.mesh_io import EXPORTERS

    if len(arguments.keys) != 3:
        raise BadInput(f"--arithmetic takes three keys, A B C for A - B + C, not {len(arguments.keys)}.")
    moving = (".gif", ".mp4")
    path = commands._writable(arguments.output, (*EXPORTERS, ".png", *moving))
    if arguments.latent:
        commands._writable(arguments.latent, (".json",))
    stage = stage_of(arguments)
    model, label = opened(arguments)
    keys, label = keyframes(model, arguments.keys, label, arguments)
    layout = model.space.layout
    result = arithmetic(keys[0], keys[1], keys[2], layout)
    if path.suffix.lower() in moving:
        latents = walk_in(layout, [keys[0], result], arguments.frames, arguments.path, arguments.loop)
        save_animation(frames_of(model, latents, label, arguments), path, stage, None, commands.progress_line())
    else:
        grids = [tidy(arguments, model.decode(one, label, arguments.iso)).grid for one in (*keys, result)]
        terms = [api.surface(grid, arguments.style, arguments.smoothing) for grid in grids]
        if path.suffix.lower() == ".png":
            names = ("A", "- B", "+ C", "A - B + C")
            contact_sheet(list(zip(names, terms, strict=True)), path, 4, min(arguments.size, 400))
        else:
            api.save(terms[-1], path)
    written = [str(path)]
    if arguments.latent:
        save_latent(Path(arguments.latent), result, model.card, label)
        written.append(arguments.latent)
    document = {
        "output": written, "checkpoint": model.name, "label": label, "keys": arguments.keys, "arithmetic": "A - B + C",
        "device": model.device, "note": model.note,
    }  # fmt: skip
    return Outcome(document, f"Wrote {' and '.join(written)}.")
