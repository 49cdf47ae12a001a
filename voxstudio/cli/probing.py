"""``voxstudio classify MESH ...`` and ``voxstudio attack MESH``: what a shape is taken for, and how to mislead that."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.cli import Outcome
from voxstudio.core.errors import BadInput

if TYPE_CHECKING:
    from voxstudio.lab.probing import Verdict

CLASSIFIER = "winn-modelnet10"
DEVICES = ("auto", "cpu", "cuda", "mps")
COLOURED = (".ply", ".glb", ".obj")


def add_classify_options(parser: argparse.ArgumentParser) -> None:
    """What ``classify`` takes."""
    parser.add_argument("meshes", nargs="+", metavar="MESH", help="meshes or voxel files (.npz)")
    _options(parser)
    parser.add_argument("--look-for", metavar="CLASS", help="with --saliency: the class (default: the answer)")
    parser.add_argument(
        "--saliency", metavar="FILE", help="write the mesh coloured by what it looked at: .ply, .glb or .obj"
    )


def add_attack_options(parser: argparse.ArgumentParser) -> None:
    """What ``attack`` takes."""
    parser.add_argument("mesh", metavar="MESH", help="a mesh or a voxel file (.npz)")
    _options(parser)
    parser.add_argument(
        "--epsilon", type=float, default=0.005, metavar="E", help="how far a step moves each voxel (default: 0.005)"
    )
    parser.add_argument("--steps", type=int, default=1, metavar="N", help="1: FGSM; more: iterative (default: 1)")
    parser.add_argument(
        "--label", metavar="CLASS", help="the true class, which it leads away from (default: the answer)"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write the mesh coloured by what was added: .ply, .glb or .obj"
    )


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", default=CLASSIFIER, metavar="NAME", help=f"default: {CLASSIFIER}")
    parser.add_argument("--device", choices=DEVICES, default="auto")


def classify_command(arguments: argparse.Namespace) -> Outcome:
    """``voxstudio classify chair.obj``; files that cannot be read are named, and the others classified."""
    from voxstudio.cli import commands, say
    from voxstudio.core.errors import VoxStudioError
    from voxstudio.lab.probing import examine

    if arguments.saliency:
        commands._writable(arguments.saliency, COLOURED)
        if len(arguments.meshes) > 1:
            raise BadInput("--saliency colours one mesh: name one.")
    model, read = _opened(arguments)
    documents, lines, failed = [], [], 0
    for name in arguments.meshes:
        try:
            verdict = examine(model, read(Path(name)), arguments.look_for)
        except VoxStudioError as error:
            if len(arguments.meshes) == 1:
                raise
            say(f"voxstudio: {error}")
            documents.append({"file": name, "problem": str(error)})
            failed += 1
            continue
        document = {"file": name, "checkpoint": model.card.name, "answer": verdict.answer}
        document |= {"probabilities": _shares(verdict, verdict.probabilities), "saliency": arguments.saliency}
        documents.append(document)
        lines.append(f"{name}: {_told(verdict, verdict.probabilities)}")
        if arguments.saliency:
            lines.append(_write(verdict, verdict.saliency, Path(arguments.saliency)))
    return Outcome(documents, "\n".join(lines), not failed)


def attack_command(arguments: argparse.Namespace) -> Outcome:
    """``voxstudio attack chair.obj --epsilon 0.01 --steps 5``."""
    import numpy as np

    from voxstudio.cli import commands
    from voxstudio.evaluation.attack import Attack
    from voxstudio.lab.probing import examine

    attack = Attack(arguments.epsilon, arguments.steps)
    if attack.steps < 1:
        raise BadInput("An attack takes at least one step: --steps 1 is FGSM.")
    if arguments.output:
        commands._writable(arguments.output, COLOURED)
    model, read = _opened(arguments)
    verdict = examine(model, read(Path(arguments.mesh)), None, attack, arguments.label)
    most = float(np.abs(verdict.change).max())
    flipped = int(((verdict.grid > 0.5) != (verdict.perturbed > 0.5)).sum())
    document: dict[str, Any] = {
        "file": arguments.mesh, "checkpoint": model.card.name, "epsilon": attack.epsilon, "steps": attack.steps,
        "away_from": verdict.truth, "before": verdict.answer, "after": verdict.answer_after,
        "probabilities_before": _shares(verdict, verdict.probabilities),
        "probabilities_after": _shares(verdict, verdict.after), "most": round(most, 6), "flipped": flipped,
        "output": arguments.output,
    }  # fmt: skip
    lines = [f"Before: {_told(verdict, verdict.probabilities)}", f"After:  {_told(verdict, verdict.after)}"]
    lines.append(f"No voxel moved by more than {most:.3g}; {flipped:,} changed sides at 0.5.")
    if arguments.output:
        lines.append(_write(verdict, verdict.change / max(most, 1e-9), Path(arguments.output)))
    return Outcome(document, "\n".join(lines))


def _opened(arguments: argparse.Namespace) -> tuple[Any, Any]:
    """The classifier, and what reads a file for it."""
    from voxstudio import api
    from voxstudio.lab.probing import classifier, shown_to
    from voxstudio.lab.targets import read_solid

    model = classifier(api.open(arguments.checkpoint, arguments.device).inner)
    card = model.card
    return model, lambda path: shown_to(read_solid(path, card.resolution).grid, card)


def _shares(verdict: Verdict, values: Any) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(verdict.classes, values, strict=True)}


def _told(verdict: Verdict, values: Any) -> str:
    """The likeliest three."""
    best = sorted(zip(values.tolist(), verdict.classes, strict=True), reverse=True)[:3]
    return ", ".join(f"{name} {value:.1%}" for value, name in best)


def _write(verdict: Verdict, field: Any, path: Path) -> str:
    """The mesh in colours: blue for the positive, orange for the negative, grey for nothing."""
    from dataclasses import replace

    import numpy as np

    from voxstudio import api
    from voxstudio.core.voxel_grid import VoxelGrid
    from voxstudio.engine.requests import Tint

    grid = VoxelGrid.unit(verdict.perturbed, 0.5)
    surface = api.surface(grid)
    share = Tint(field, "", "").at(grid, surface.vertices)[:, None]
    low, middle, high = (np.array(rgb, float) for rgb in ((224, 138, 0), (223, 227, 232), (31, 95, 168)))
    colours = np.where(share < 0.5, low + 2 * share * (middle - low), middle + (2 * share - 1) * (high - middle))
    api.save(replace(surface, colors=np.clip(np.rint(colours), 0, 255).astype(np.uint8)), path)
    return f"Wrote {path}."
