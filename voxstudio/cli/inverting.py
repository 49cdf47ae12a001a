"""``voxstudio invert TARGET -o mesh.obj``: the shape of a generator that is nearest to a mesh or a picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.cli import Outcome, say
from voxstudio.cli.latents import crumb_option, label_of
from voxstudio.core.errors import BadInput

BUDGET, READER = 384, "chair-multiview"
"""As in engine.inversion and lab.targets, which are not imported to print the help."""

if TYPE_CHECKING:
    from voxstudio.engine.inversion import Inversion


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes beside the options of every mesh."""
    parser.add_argument("targets", nargs="+", metavar="TARGET", help="a mesh, a voxel file, or pictures of one object")
    parser.add_argument("--label", metavar="CLASS", help="the class (default: the one that fits best)")
    parser.add_argument("--seed", type=int, default=0, help="of the random starts (default: 0)")
    parser.add_argument("--budget", type=int, default=BUDGET, metavar="N", help=f"shapes to decode (default: {BUDGET})")
    parser.add_argument("--facing", choices=("auto", "0", "90", "180", "270"), default="auto",
                        help="turn the target about the up axis (default: as the generator's shapes face)")  # fmt: skip
    parser.add_argument(
        "--reader", default=READER, metavar="NAME", help=f"makes voxels of pictures (default: {READER})"
    )
    crumb_option(parser)
    parser.add_argument("--latent", metavar="FILE.json", help="also save the latent: a keyframe for interpolate")
    parser.add_argument("--curve", metavar="P.png", help="also draw how the overlap grew")


def invert_command(arguments: argparse.Namespace) -> Outcome:
    """``voxstudio invert chair.obj -o nearest.obj``."""
    from dataclasses import replace

    from voxstudio import api
    from voxstudio.cli import commands
    from voxstudio.core.voxel_grid import VoxelGrid
    from voxstudio.data.grids import turned
    from voxstudio.engine.inversion import LEAST_BUDGET, invert
    from voxstudio.engine.latent_file import save_latent
    from voxstudio.engine.latent_space import checked_seed
    from voxstudio.lab.targets import faced, read_target

    commands._check_outputs(arguments)
    for name, suffix in ((arguments.latent, ".json"), (arguments.curve, ".png")):
        if name:
            commands._writable(name, (suffix,))
    if not LEAST_BUDGET <= arguments.budget <= 100_000:
        raise BadInput(f"--budget lies between {LEAST_BUDGET} and 100,000 decoded shapes, not {arguments.budget:,}.")
    checked_seed(arguments.seed)
    tell = commands.progress_line()
    model = api.open(arguments.checkpoint, arguments.device)
    label = label_of(model, arguments.label) if arguments.label else None
    space = model.space
    files = [Path(name) for name in arguments.targets]
    target = read_target(files, space, arguments.reader, label, lambda f, w: tell(0.1 * f, w))
    if target.note:
        say(f"voxstudio: {target.note}")
    if arguments.facing == "auto":
        target = faced(target, space, label, arguments.seed)
    else:
        quarters = int(arguments.facing) // 90
        target = replace(target, grid=turned(target.grid, quarters), quarters=quarters)
    found = invert(space, target.grid, label, arguments.budget, arguments.seed, lambda f, w: tell(0.1 + 0.9 * f, w))
    model.times = {}
    grid = VoxelGrid.unit(found.field, arguments.iso or model.card.iso_level, model.name)
    about: dict[str, Any] = {
        "target": target.name, "origin": target.origin, "turned_deg": 90 * target.quarters, "label": found.label,
        "seed": arguments.seed, "iou": round(found.iou, 4), "start": found.start,
        "start_iou": round(found.start_iou, 4),
        "budget": arguments.budget, "decoded": found.calls, "latent": arguments.latent, "curve": arguments.curve,
        "iou_by_decoded": [[step.calls, round(step.best, 4)] for step in found.curve],
    }  # fmt: skip
    outcome = commands._meshed(arguments, model, grid, about)
    lines = [outcome.text, f"It overlaps {target.name} by IoU {found.iou:.3f}, after {found.calls:,} decoded shapes."]
    if arguments.latent:
        save_latent(Path(arguments.latent), found.latent, model.card, found.label)
        lines.append(f"Wrote {arguments.latent}.")
    if arguments.curve:
        draw_curve(found, Path(arguments.curve), f"{target.name} in {model.name}")
        lines.append(f"Wrote {arguments.curve}.")
    return Outcome(outcome.document, "\n".join(lines), outcome.ok)


def draw_curve(found: Inversion, path: Path, title: str) -> None:
    """Draw IoU over decoded shapes as PNG; CannotWrite if the disk refuses. The same bytes twice."""
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from voxstudio.engine.checkpoint import write_atomically

    figure = Figure(figsize=(6.4, 3.6), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    calls = [step.calls for step in found.curve]
    axes.plot(calls, [step.iou for step in found.curve], alpha=0.35, label="this step")
    axes.plot(calls, [step.best for step in found.curve], label="best so far")
    axes.set(ylim=(0, 1), xlabel="decoded shapes", ylabel="IoU", title=title)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, loc="lower right")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_atomically(path, buffer.getvalue())
