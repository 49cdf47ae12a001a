"""What the commands share that walk through a latent space: generators, classes, codes, keyframes, frames."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.errors import BadInput
from voxstudio.core.latent import Latent

if TYPE_CHECKING:
    from voxstudio.api import Model
    from voxstudio.core.surface import Surface
    from voxstudio.core.voxel_grid import VoxelGrid
    from voxstudio.geometry.pieces import Tidied

GENERATOR = "furniture-conditional"
DEVICES = ("auto", "cpu", "cuda", "mps")


def generator_options(parser: argparse.ArgumentParser) -> None:
    """Which generator, and how its shapes are meshed."""
    parser.add_argument("--checkpoint", default=GENERATOR, metavar="NAME", help=f"default: {GENERATOR}")
    parser.add_argument("--label", metavar="CLASS", help="the class, for checkpoints that make what they are told")
    parser.add_argument("--iso", type=float, metavar="T", help="threshold between 0 and 1 (default: the card's)")
    parser.add_argument("--style", choices=("smooth", "blocks"), default="smooth")
    parser.add_argument("--smoothing", type=int, default=0, metavar="N", help="Taubin steps, 0 to 50 (default: 0)")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    crumb_option(parser)


def crumb_option(parser: argparse.ArgumentParser) -> None:
    """Whether loose bits stay."""
    parser.add_argument("--keep-crumbs", action="store_true", help="keep loose pieces below 1 %% of the volume")


def draw_options(parser: argparse.ArgumentParser) -> None:
    """How latents are drawn."""
    parser.add_argument("--truncation", type=float, default=1.0, metavar="T", help="below 1: nearer to the typical")
    parser.add_argument(
        "--code", metavar="NAME=VALUE", action="append", default=[],
        help="set a code by hand, such as continuous:0=0.5 or categorical:0=3; may be given again",
    )  # fmt: skip


def stage_options(parser: argparse.ArgumentParser, frames: int) -> None:
    """How an animation is shown."""
    parser.add_argument("--frames", type=int, default=frames, metavar="N", help=f"default: {frames}")
    parser.add_argument("--fps", type=float, default=24.0, metavar="N", help="frames a second, 1 to 60 (default: 24)")
    parser.add_argument(
        "--size", type=int, default=480, metavar="S", help="pixels a side of GIF and MP4 (default: 480)"
    )
    parser.add_argument(
        "--azimuth", type=float, default=35.0, metavar="D", help="where the camera stands (default: 35)"
    )
    parser.add_argument("--elevation", type=float, default=20.0, metavar="D", help="and how high (default: 20)")
    parser.add_argument("--turn", type=float, default=0.0, metavar="D", help="degrees that it goes round (default: 0)")
    parser.add_argument(
        "--faces", type=int, default=8000, metavar="N", help="triangles of a GLB's frame (8000; 0: all)"
    )


def stage_of(arguments: argparse.Namespace) -> Any:
    """The stage that the options describe; BadInput for sizes and rates that cannot be."""
    from voxstudio.geometry.animation import Stage

    return Stage(
        arguments.fps, arguments.size, arguments.azimuth, arguments.elevation, arguments.turn,
        arguments.style == "blocks", arguments.faces,
    )  # fmt: skip


def opened(arguments: argparse.Namespace) -> tuple[Model, str | None]:
    """The generator and the class to make; BadInput if it is none, or makes no such class."""
    from voxstudio import api

    if not 0 <= arguments.smoothing <= 50:
        raise BadInput(f"Smoothing takes 0 to 50 steps, not {arguments.smoothing}.")
    if arguments.iso is not None and not 0.0 < arguments.iso < 1.0:
        raise BadInput(f"The threshold must lie between 0 and 1, not {arguments.iso:g}.")
    truncation = getattr(arguments, "truncation", 1.0)
    if not 0.0 <= truncation <= 2.0:
        raise BadInput(f"--truncation lies between 0 and 2, not {truncation:g}.")
    model = api.open(arguments.checkpoint, arguments.device)
    return model, label_of(model, arguments.label)


def label_of(model: Model, wanted: str | None) -> str | None:
    """The class: the first of a conditional generator by default; None for generators that cannot be told."""
    from voxstudio.engine.inversion import known_labels

    labels = known_labels(model.space)
    if labels == (None,):
        if wanted is not None and (wanted,) != model.classes:
            made = ", ".join(model.classes) or "what it learned"
            raise BadInput(f"{model.name} makes {made} and cannot be told which: leave the class out.")
        return None
    if wanted is not None and wanted not in labels:
        known = ", ".join(str(label) for label in labels)
        raise BadInput(f"The class must be one of those that {model.name} knows ({known}), not {wanted!r}.")
    return wanted if wanted is not None else labels[0]


def by_name(codes: Mapping[str, float], space: Any) -> dict[str, float]:
    """The same codes by the model's own names: the window's do too, such as ``"Code 1"``."""
    titles = {control.title.lower(): control.name for control in space.controls()}
    return {titles.get(name.lower(), name): value for name, value in codes.items()}


def codes_of(words: Sequence[str]) -> dict[str, float]:
    """``["continuous:0=0.5"]`` as numbers; BadInput names what is wrong."""
    codes = {}
    for word in words:
        name, equals, value = word.partition("=")
        try:
            codes[name.strip()] = float(value)
        except ValueError:
            equals = ""
        if not equals or not name:
            raise BadInput(f"--code takes NAME=VALUE with a number, such as continuous:0=0.5, not {word!r}.")
    return codes


def keyframe(model: Model, word: str, label: str | None, arguments: argparse.Namespace) -> tuple[Latent, str | None]:
    """The latent of a seed, or of a file that ``--latent`` wrote; and its class."""
    from voxstudio.engine.latent_file import load_latent

    if word.lstrip("-").isdecimal() and len(word) < 40:
        codes = by_name(codes_of(arguments.code), model.space)
        return model.draw(int(word), label, arguments.truncation, codes), label
    path = Path(word)
    if not path.exists():
        raise BadInput(f"{word!r} is neither a seed (a whole number) nor a file with a latent.")
    latent, kept = load_latent(path, model.card, model.space.layout)
    return latent, kept if kept is not None else label


def keyframes(
    model: Model, words: Sequence[str], label: str | None, arguments: argparse.Namespace
) -> tuple[list[Latent], str | None]:
    """All keyframes and their class; BadInput if they are of different classes."""
    found = [keyframe(model, word, label, arguments) for word in words]
    labels = sorted({str(kept) for _, kept in found})
    if len(labels) > 1:
        raise BadInput(f"The keyframes are of different classes ({', '.join(labels)}): a path stays in one class.")
    return [latent for latent, _ in found], found[0][1] if found else label


def tidy(arguments: argparse.Namespace, grid: VoxelGrid) -> Tidied:
    """The grid without crumbs, unless ``--keep-crumbs`` was said."""
    from voxstudio.geometry.pieces import CRUMB_SHARE, without_crumbs

    return without_crumbs(grid, 0.0 if arguments.keep_crumbs else CRUMB_SHARE)


def frames_of(
    model: Model, latents: Sequence[Latent], label: str | None, arguments: argparse.Namespace,
    note: Callable[[VoxelGrid], None] | None = None,
) -> Sequence[Surface]:  # fmt: skip
    """Surfaces that are made when they are asked for."""
    from voxstudio import api
    from voxstudio.geometry.animation import Lazy

    def make(k: int) -> Surface:
        grid = model.decode(latents[k], label, arguments.iso)
        if note is not None:
            note(grid)
        return api.surface(tidy(arguments, grid).grid, arguments.style, arguments.smoothing)

    return Lazy(len(latents), make)
