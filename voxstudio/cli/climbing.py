"""``voxstudio synthesize CHECKPOINT``: shapes that climb a network's score out of noise, or out of a mesh."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.cli import Outcome
from voxstudio.core.errors import BadInput, CannotWrite

if TYPE_CHECKING:
    from voxstudio.core.ascent import AscentState
    from voxstudio.engine.family import Synthesizer

SHEET, MOST = 16, 400
FILM_FPS = 20.0
MOST_FILMED = 240
"""Frames of a film; longer ascents show every n-th state."""
DEVICES = ("auto", "cpu", "cuda", "mps")


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="name or folder, such as winn-chair")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE",
        help="the mesh (.obj, .stl, .ply or .glb), a folder for several, or a contact sheet: .png",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same object (default: 0)")
    parser.add_argument("--count", type=int, metavar="N", help=f"so many, of seeds that follow ({SHEET} on a .png)")
    parser.add_argument("--target", metavar="CLASS", help="the class to climb to (default: the seed chooses)")
    parser.add_argument("--start", metavar="MESH", help="begin with a mesh or a voxel file instead of noise")
    parser.add_argument("--steps", type=int, metavar="N", help="in each network (default: as it was trained)")
    parser.add_argument("--network", type=int, metavar="K", help="climb the K-th network alone, from 1")
    parser.add_argument("--method", choices=("adam", "langevin"), help="default: as it was trained")
    parser.add_argument("--step-size", type=float, metavar="S", help="voxels run from -1 to 1")
    parser.add_argument("--annealing", type=float, metavar="A", help="factor on the step size after each step")
    parser.add_argument("--noise", type=float, metavar="X", help="Adam: shares of a step; Langevin: of N(0, step)")
    parser.add_argument(
        "--noise-steps", type=int, metavar="N", help="noise in the first so many steps of each network alone"
    )
    parser.add_argument("--film", metavar="FILE", help="also write the ascent as .gif, .mp4 or animated .glb")
    parser.add_argument("--iso", type=float, metavar="T", help="threshold between 0 and 1 (default: the card's)")
    parser.add_argument("--style", choices=("smooth", "blocks"), default="smooth")
    parser.add_argument("--smoothing", type=int, default=0, metavar="N", help="Taubin steps, 0 to 50 (default: 0)")
    parser.add_argument("--largest", action="store_true", help="keep only the largest piece")
    parser.add_argument("--keep-crumbs", action="store_true", help="keep loose pieces below 1 %% of the volume")
    parser.add_argument("--preview", metavar="P.png", help="also save a shaded picture of the mesh")
    parser.add_argument("--device", choices=DEVICES, default="auto")


def synthesize_command(arguments: argparse.Namespace) -> Outcome:
    """``voxstudio synthesize winn-chair --seed 3 -o chair.stl``."""
    from voxstudio import api
    from voxstudio.cli import commands
    from voxstudio.engine.latent_space import checked_seed
    from voxstudio.geometry.animation import ANIMATIONS
    from voxstudio.lab.climbing import synthesizer
    from voxstudio.lab.frames import in_frame
    from voxstudio.lab.targets import read_solid

    path = Path(arguments.output)
    sheet, folder = path.suffix.lower() == ".png", not path.suffix
    count = arguments.count if arguments.count is not None else SHEET if sheet else 1
    if not 1 <= count <= MOST:
        raise BadInput(f"--count lies between 1 and {MOST}, not {count}.")
    if count > 1 and (arguments.film or arguments.preview):
        raise BadInput("--film and --preview are for one object: leave --count out.")
    checked_seed(arguments.seed)
    if arguments.iso is not None and not 0.0 < arguments.iso < 1.0:
        raise BadInput(f"The threshold must lie between 0 and 1, not {arguments.iso}.")
    if sheet:
        commands._writable(arguments.output, (".png",))
    elif not folder:
        commands._check_outputs(arguments)
    if arguments.film:
        commands._writable(arguments.film, tuple(suffix for suffix in ANIMATIONS if suffix != ".obj"))
    model = api.open(arguments.checkpoint, arguments.device)
    climber = synthesizer(model.inner)
    start = None
    if arguments.start:
        from voxstudio.core.voxel_grid import VoxelGrid

        start = VoxelGrid.unit(in_frame(read_solid(Path(arguments.start), model.card.resolution).grid, model.card))
    work = _Work(arguments, model, climber, start, count)
    if sheet:
        return work.sheet()
    if folder:
        path = _made(path) / f"{model.name}.stl"
    return work.meshes(path, folder or count > 1)


class _Work:
    """The objects of one command, one after the other."""

    def __init__(self, arguments: argparse.Namespace, model: Any, climber: Synthesizer, start: Any, count: int) -> None:
        self.arguments, self.model, self.climber, self.start, self.count = arguments, model, climber, start, count
        changes = {
            name: value
            for name, value in (
                ("method", arguments.method), ("step_size", arguments.step_size), ("annealing", arguments.annealing),
                ("noise", arguments.noise), ("noise_steps", arguments.noise_steps),
            )
            if value is not None
        }  # fmt: skip
        self.ascent = replace(climber.usual, **changes)

    def climbed(self, k: int, watch: Any = None) -> tuple[AscentState, str | None]:
        from voxstudio.cli import commands
        from voxstudio.lab.climbing import aim_of, climb

        tell, seed, given = commands.progress_line(), self.arguments.seed + k, self.arguments
        target = aim_of(self.climber, seed, given.target)

        def told(fraction: float, words: str) -> None:
            tell((k + fraction) / self.count, f"{words}, object {k + 1} of {self.count}")

        network = given.network - 1 if given.network is not None else None
        how = replace(self.ascent, target=target)
        return climb(self.climber, seed, how, self.start, given.steps, network, told, watch), target

    def grid(self, state: AscentState) -> Any:
        return state.grid(0, self.arguments.iso or self.model.card.iso_level, self.model.name)

    def meshes(self, path: Path, several: bool) -> Outcome:
        """One file, or numbered ones; what was written stays if a later one is empty."""
        from voxstudio.cli import commands
        from voxstudio.geometry.animation import numbered

        documents, lines = [], []
        for k, file in enumerate(numbered(path, self.count) if several else [path]):
            states: list[AscentState] = []
            state, target = self.climbed(k, states.append if self.arguments.film else None)
            each = argparse.Namespace(**{**vars(self.arguments), "output": str(file)})
            about = {
                "seed": self.arguments.seed + k, "target": target, "steps": state.step,
                "method": self.ascent.method, "step_size": self.ascent.step_size,
                "energy": round(float(state.energies[0]), 4), "probabilities": _named(self.climber, state),
                "film": self.arguments.film,
            }  # fmt: skip
            self.model.times = {}
            outcome = commands._meshed(each, self.model, self.grid(state), about)
            documents.append(outcome.document)
            lines.append(f"{outcome.text} {self._steps(state)}, energy {state.energies[0]:.3f}.")
            if self.arguments.film:
                lines.append(self._film(states))
        return Outcome(documents if several else documents[0], "\n".join(lines))

    def _steps(self, state: AscentState) -> str:
        """In words; --steps counts those of each network."""
        networks = state.step // max(state.cascade_step, 1)
        counted = "1 step" if state.cascade_step == 1 else f"{state.cascade_step} steps"
        return counted if networks == 1 else f"{counted} in each of {networks} networks"

    def sheet(self) -> Outcome:
        from voxstudio import api
        from voxstudio.data.contact_sheet import contact_sheet

        items, targets = [], []
        for k in range(self.count):
            state, target = self.climbed(k)
            targets.append(target)
            surface = api.surface(self.grid(state), self.arguments.style, self.arguments.smoothing)
            items.append((f"{target or 'seed'} {self.arguments.seed + k}".replace("_", " "), surface))
        path = contact_sheet(items, Path(self.arguments.output), max(1, getattr(self.arguments, "columns", 4)))
        document = {
            "output": str(path), "checkpoint": self.model.name, "objects": len(items), "targets": targets,
            "seeds": [self.arguments.seed, self.arguments.seed + self.count - 1],
        }  # fmt: skip
        return Outcome(document, f"Wrote {path}: {len(items)} objects of {self.model.name}.")

    def _film(self, states: list[AscentState]) -> str:
        """The ascent, its last state a second long."""
        from voxstudio import api
        from voxstudio.geometry.animation import Lazy, Stage, save_animation

        every = -(-len(states) // MOST_FILMED)
        shown = [*states[::every], *([states[-1]] * round(FILM_FPS))]
        style, smoothing = self.arguments.style, self.arguments.smoothing
        frames = Lazy(len(shown), lambda k: api.surface(self.grid(shown[k]), style, smoothing))
        path = Path(self.arguments.film)
        save_animation(frames, path, Stage(FILM_FPS, azimuth_deg=-32.0, flat=style == "blocks"))
        return f"Wrote {path}: {len(shown)} frames."


def _named(climber: Synthesizer, state: AscentState) -> dict[str, float] | None:
    """Probabilities by class, where it knows classes."""
    row = state.probabilities[0]
    if not len(row):
        return None
    return {name: round(float(value), 4) for name, value in zip(climber.card.classes, row, strict=True)}


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"The folder {folder} cannot be made ({error.strerror or error}): choose another.") from None
    return folder
