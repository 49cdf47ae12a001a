"""The command line's words. Importing this is cheap; the recipe's options are added when a family is named."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from voxstudio import __version__
from voxstudio.core.errors import BadInput

DEFAULT_CHECKPOINT = "chair-multiview"
DEFAULT_GENERATOR = "furniture-conditional"
DEVICES = ("auto", "cpu", "cuda", "mps")

ABOUT = """\
Without a command the window opens:
  voxstudio [IMAGE ...]                 open the window, with these pictures dropped into it
  voxstudio --screenshot P.png [IMAGE ...]
                                        do what a person who dropped these pictures would get,
                                        save a picture of the whole window, and leave
  voxstudio --panel NAME ...            the same with another panel in front: its word on the rail
"""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose mistakes are VoxStudioErrors, so that they too become one sentence."""

    _said: Sequence[str] = ()

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; what is not known is told by the command that was named, which knows its options."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self._chosen(found).error(f"unrecognized arguments: {' '.join(unknown)}")
        return found

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, and remember what was said."""
        self._said = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> Any:
        """Raise BadInput instead of exiting."""
        raise BadInput(f"{in_words(message)}{self._meant(message)}; see {self.prog} --help.")

    def _chosen(self, found: Any) -> argparse.ArgumentParser:
        """The parser of the command in ``found``, or of its action."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                chosen = action.choices[getattr(found, action.dest)]
                return chosen._chosen(found) if isinstance(chosen, Parser) else chosen
        return self

    def _meant(self, message: str) -> str:
        """Which option the first one that is not known may stand for; empty if all are known, or none is like it."""
        import difflib

        known = [name for name in self._option_string_actions if name.startswith("--")]
        names = [word.partition("=")[0] for word in self._said if word.startswith("--")]
        strange = next((name for name in names if name not in (*known, "--")), "")
        near = difflib.get_close_matches(strange, known, 1)
        by = "" if strange in message.split("arguments:")[-1] else f" by {strange}"
        return f" (did you mean {near[0]}{by}?)" if near else ""


_WORDS = (
    (r"argument (\S+): invalid int value: (.*)", r"\1 must be a whole number, not \2"),
    (r"argument (\S+): invalid float value: (.*)", r"\1 must be a number, not \2"),
    (r"argument (\S+): invalid choice: (.*?) \(choose from (.*)\)", r"\1 must be one of \3, not \2"),
    (r"argument (\S+): expected (?:one|at least one) argument", r"\1 needs a value"),
    (r"argument (\S+): (.*)", r"\1: \2"),
    (r"the following arguments are required: (.*)", r"Still missing: \1"),
    (r"unrecognized arguments: (.*)", r"What is not known here: \1"),
)


def in_words(message: str) -> str:
    """What argparse complains about, without its jargon."""
    import re

    for pattern, words in _WORDS:
        if re.fullmatch(pattern, message, re.DOTALL):
            return re.sub(pattern, words, message, flags=re.DOTALL)
    return message[:1].upper() + message[1:]


def command_parser() -> Parser:
    """The parser of ``voxstudio COMMAND ...``."""
    parser = Parser(
        prog="voxstudio",
        description="Turn photos into meshes, and see what voxel generative models know.",
        epilog=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"VoxStudio {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    for add in (
        _list, _show, _reconstruct, _turntable, _sample, _synthesize, _classify, _attack,
        _sweep, _interpolate, _invert, _evaluate, _train,
        _map, _search, _data, _inspect, _bake, _doctor, _bench,
    ):  # fmt: skip
        add(commands)
    return parser


def window_parser() -> Parser:
    """The parser of ``voxstudio [--screenshot P.png] [IMAGE ...]``."""
    parser = Parser(prog="voxstudio", add_help=False, allow_abbrev=False)
    parser.add_argument("--screenshot", metavar="P.png", help="save a picture of the whole window and leave")
    parser.add_argument("--panel", metavar="NAME", help="the panel to show, by its word on the rail")
    parser.add_argument("--checkpoint", metavar="NAME", help="the checkpoint to start with")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("images", nargs="*", metavar="IMAGE")
    return parser


def _new(commands: Any, name: str, help: str, json: bool = True) -> Parser:  # noqa: A002 - argparse's word
    parser: Parser = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
    if json:
        parser.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    return parser


def _list(commands: Any) -> None:
    _new(commands, "list", "List the checkpoints.")


def _show(commands: Any) -> None:
    parser = _new(commands, "show", "Tell all that a checkpoint's card says.")
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="name or folder")


def _mesh_options(parser: Parser, checkpoint: str, also: str = "") -> None:
    written = f"the mesh: .obj, .stl, .ply or .glb{also}"
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help=written)
    parser.add_argument("--checkpoint", default=checkpoint, metavar="NAME", help=f"default: {checkpoint}")
    parser.add_argument("--iso", type=float, metavar="T", help="threshold between 0 and 1 (default: the card's)")
    parser.add_argument("--style", choices=("smooth", "blocks"), default="smooth")
    parser.add_argument("--smoothing", type=int, default=0, metavar="N", help="Taubin steps, 0 to 50 (default: 0)")
    parser.add_argument("--largest", action="store_true", help="keep only the largest piece")
    parser.add_argument("--preview", metavar="P.png", help="also save a shaded picture of the mesh")
    parser.add_argument("--device", choices=DEVICES, default="auto")


def _reconstruct(commands: Any) -> None:
    parser = _new(commands, "reconstruct", "Make a mesh from one or more pictures of an object.")
    parser.add_argument("images", nargs="+", metavar="IMAGE")
    _mesh_options(parser, DEFAULT_CHECKPOINT)
    parser.add_argument("--fusion", choices=("mean", "max", "lstm"), default="mean", help="how views are joined")
    parser.add_argument("--label", metavar="CLASS", help="the class of the object, for checkpoints that know several")
    parser.add_argument("--keep-background", action="store_true", help="do not remove the background")


def _turntable(commands: Any) -> None:
    from voxstudio.cli.turntable import add_options

    add_options(_new(commands, "turntable", "Carve a mesh from 8 to 72 photos of an object that was turned."))


def _sample(commands: Any) -> None:
    from voxstudio.cli.sampling import add_options

    parser = _new(commands, "sample", "Make objects from noise: one, several, or a sheet (.png) of them.")
    _mesh_options(parser, DEFAULT_GENERATOR, "; or a contact sheet: .png")
    add_options(parser)


def _synthesize(commands: Any) -> None:
    from voxstudio.cli.climbing import add_options

    add_options(_new(commands, "synthesize", "Let noise, or a mesh, climb a network's score until it is a shape."))


def _classify(commands: Any) -> None:
    from voxstudio.cli.probing import add_classify_options

    add_classify_options(_new(commands, "classify", "Say what meshes are taken for, and what was looked at."))


def _attack(commands: Any) -> None:
    from voxstudio.cli.probing import add_attack_options

    add_attack_options(_new(commands, "attack", "Mislead a classifier about a mesh by changes too small to see."))


def _sweep(commands: Any) -> None:
    from voxstudio.cli.sweeping import add_options

    add_options(_new(commands, "sweep", "Find out what the codes of a generator move, or show one as a strip."))


def _interpolate(commands: Any) -> None:
    from voxstudio.cli.interpolating import add_options

    add_options(_new(commands, "interpolate", "Go from shape to shape through the latent space; or make A - B + C."))


def _invert(commands: Any) -> None:
    from voxstudio.cli.inverting import add_options

    parser = _new(commands, "invert", "Find the generator's shape that is nearest to a mesh or a picture.")
    _mesh_options(parser, DEFAULT_GENERATOR)
    add_options(parser)


def _evaluate(commands: Any) -> None:
    parser = _new(commands, "evaluate", "Measure a checkpoint on objects that it has never seen.")
    parser.add_argument("checkpoint", metavar="CHECKPOINT", nargs="?", help="name or folder")
    parser.add_argument("--table", metavar="NAME", help="instead print a table of the papers again; list names them")
    parser.add_argument("--data", metavar="DIR", help="real shapes: ModelNet, voxel files, or a folder of meshes")
    parser.add_argument("--work", metavar="DIR", help="where long work keeps what is done (default: the cache)")
    parser.add_argument(
        "--samples", type=int, metavar="N", help="shapes of each class that a network of 3DWINN makes (default: 24)"
    )
    parser.add_argument("--picture", metavar="P.png", help="also draw the table's curves")
    parser.add_argument("--curve", metavar="P.png", help="also draw precision over recall, where features are measured")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--events", action="store_true", help=argparse.SUPPRESS)  # for the window's process


def _train(commands: Any) -> None:
    parser = _new(commands, "train", "Train a family, or fine-tune a checkpoint: voxstudio train --help.")
    add_train_options(parser)


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """What every family's training takes, whatever its recipe."""
    parser.add_argument("family", metavar="FAMILY")
    parser.add_argument("--out", required=True, metavar="DIR", help="the new checkpoint's folder")
    parser.add_argument("--data", metavar="DIR", help="real shapes to learn from (default: parametric shapes)")
    parser.add_argument(
        "--up", choices=("y", "z"), help="the axis that stands upright in a folder of meshes (default: z)"
    )
    parser.add_argument(
        "--max-steps",
        type=int,
        metavar="N",
        help="train to step N (default: to the end of the recipe's schedule, which a larger N lengthens)",
    )
    parser.add_argument("--seed", type=int, default=None, help="of weights and every draw (default: 0)")
    parser.add_argument("--resume", action="store_true", help="go on where DIR left off, as it was told; else afresh")
    parser.add_argument("--preset", metavar="NAME", help="a named set of the family's options")
    parser.add_argument("--recipe", metavar="FILE", help="options from a JSON file, such as a checkpoint's recipe.json")
    parser.add_argument("--base", metavar="CHECKPOINT", help="fine-tune: start from its weights and its recipe")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to train (default: auto)")
    parser.add_argument(
        "--save-every", type=float, default=120.0, metavar="S", help="seconds between saves (default: 120)"
    )
    parser.add_argument(
        "--measure-every",
        type=int,
        default=None,
        metavar="N",
        help="steps between measurements on a held-out part, of which the best weights are kept "
        "(default: 25 for fine-tuning, else 0: never)",
    )
    parser.add_argument(
        "--patience", type=int, default=6, metavar="N", help="measurements without gain before the end (default: 6)"
    )
    parser.add_argument("--events", action="store_true", help=argparse.SUPPRESS)


def _map(commands: Any) -> None:
    from voxstudio.cli.mapping import add_map_options

    add_map_options(_new(commands, "map", "Draw a map of a collection, in which near means alike."))


def _search(commands: Any) -> None:
    from voxstudio.cli.mapping import add_search_options

    add_search_options(_new(commands, "search", "Find what is nearest to a picture or a mesh in a collection."))


def _data(commands: Any) -> None:
    parser: Parser = commands.add_parser("data", help="Look at what the models learn from.", allow_abbrev=False)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    show = _new(actions, "show", "Draw a contact sheet of shapes.")
    show.add_argument(
        "sources", nargs="*", metavar="SOURCE", help="classes, or files and folders of shapes (default: all classes)"
    )
    show.add_argument("-o", "--output", default="contact-sheet.png", metavar="P.png")
    show.add_argument("--held-out", action="store_true", help="the objects that no training sees")
    show.add_argument("--up", choices=("y", "z"), help="the meshes' upward axis (default: ShapeNet y, others z)")
    show.add_argument("--seed", type=int, default=0)
    show.add_argument("--count", type=int, default=24, help="objects of each source (default: 24)")
    _data_import(actions)


def _data_import(actions: Any) -> None:
    parser = _new(actions, "import", "Voxelise a tree of meshes into one file; given again it goes on.")
    parser.add_argument("source", metavar="SOURCE", help="a ModelNet or ShapeNet tree, or any folder of meshes")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the file of shapes, such as my.voxdata")
    parser.add_argument("--resolution", type=int, default=64, metavar="R", help="voxels a side (default: 64)")
    parser.add_argument("--classes", nargs="+", metavar="CLASS", help="only these (default: all)")
    parser.add_argument("--up", choices=("y", "z"), help="the meshes' upward axis (default: ShapeNet y, others z)")
    parser.add_argument("--faces", type=int, default=3000, metavar="N", help="triangles kept of a mesh (default: 3000)")
    parser.add_argument("--views", type=int, default=0, metavar="N", help="also store N pictures of each (default: 0)")
    parser.add_argument("--image-size", type=int, default=64, metavar="S", help="pixels a side of those (default: 64)")
    parser.add_argument("--jobs", type=int, metavar="N", help="workers (default: one for each core)")
    parser.add_argument("--backend", choices=("loky", "threading", "dask", "ray"), default="loky")
    parser.add_argument("--address", metavar="URL", help="a running Dask or Ray cluster (default: start one here)")
    parser.add_argument("--timeout", type=float, default=120.0, metavar="S", help="seconds for one mesh (default: 120)")
    parser.add_argument("--replace", action="store_true", help="replace FILE if it holds something else")
    parser.add_argument("--terms", metavar="TEXT", help="terms of use, which checkpoints trained on it will tell")


def _inspect(commands: Any) -> None:
    parser = _new(commands, "inspect", "Look into a weights file of somebody else, and add it to the library.")
    parser.add_argument("file", metavar="FILE", help=".safetensors, .pt, .pth, .bin or .ckpt; nothing in it is run")
    parser.add_argument("--family", metavar="F", help="take it for this family (default: the one that fits best)")
    parser.add_argument("--part", metavar="P", help="which set of weights inside it (default: the one that fits best)")
    parser.add_argument("--map", metavar="OLD=NEW", action="append", default=[], help="the file's OLD is our NEW")
    parser.add_argument("--set", metavar="OPTION=VALUE", action="append", default=[], help="what shapes do not tell")
    parser.add_argument("--whole-parts", action="store_true", help="leave out parts of which tensors are missing")
    parser.add_argument("--accept", action="store_true", help="the guessed names are right")
    parser.add_argument("--adopt", metavar="NAME", help="add it to the library under this name")


def _doctor(commands: Any) -> None:
    _new(commands, "doctor", "Check versions, device, OpenGL, display, checkpoints; say the cure for what is missing.")


def _bench(commands: Any) -> None:
    parser = _new(commands, "bench", "Measure the program's speed, each row against its baseline in the same run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="rows whose name begins so (default: all)")


def _bake(commands: Any) -> None:
    parser = _new(commands, "bake", "Train what the program ships from the recipes in the repository.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="checkpoints (default: all)")
    parser.add_argument("--check", action="store_true", help="only say what is out of date (exit status 1)")
    parser.add_argument("--minutes", type=float, metavar="N", help="time budget; the same command goes on later")
    parser.add_argument("--data", metavar="DIR", help="the folder of real shapes that the recipes name")
    parser.add_argument("--work", default="bakery", metavar="DIR", help="where runs are kept (default: bakery)")
    parser.add_argument("--into", metavar="DIR", help="where finished checkpoints go (default: the shipped ones)")
    parser.add_argument("--device", choices=DEVICES, default="auto")
