"""What each command does. Each takes the parsed arguments and returns an Outcome."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from voxstudio.cli import Outcome
from voxstudio.cli.baking import bake_command as bake_command
from voxstudio.cli.climbing import synthesize_command as synthesize_command
from voxstudio.cli.inspecting import inspect_command as inspect_command
from voxstudio.cli.interpolating import interpolate_command as interpolate_command
from voxstudio.cli.inverting import invert_command as invert_command
from voxstudio.cli.mapping import map_command as map_command
from voxstudio.cli.mapping import search_command as search_command
from voxstudio.cli.measuring import evaluate_command as evaluate_command
from voxstudio.cli.probing import attack_command as attack_command
from voxstudio.cli.probing import classify_command as classify_command
from voxstudio.cli.sampling import sample_command as sample_command
from voxstudio.cli.showing import show_command as show_command
from voxstudio.cli.sweeping import sweep_command as sweep_command
from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid

PREVIEW_PIXELS = 640


def list_command(arguments: Namespace) -> Outcome:
    """``voxstudio list``."""
    from voxstudio import api

    entries = api.checkpoints()
    document, lines = [], []
    for entry in entries:
        card = entry.card
        row: dict[str, Any] = {"name": entry.name, "folder": str(entry.folder), "problem": entry.problem}
        if card is not None:
            row |= {
                "family": card.family, "title": card.title, "summary": card.summary, "resolution": card.resolution,
                "iso_level": card.iso_level, "classes": list(card.classes), "licence": card.licence,
                "metrics": dict(card.metrics),
            }
        if card is not None and not entry.problem:
            lines.append(f"{entry.name:<24} {card.family:<12} {card.resolution}^3  {', '.join(card.classes)}")
            lines.append(f"{'':<24} {card.summary}")
        else:
            lines.append(f"{entry.name:<24} cannot be opened: {entry.problem}")
        document.append(row)
    text = "\n".join(lines) or "There is no checkpoint yet: train one with voxstudio train."
    return Outcome(document, text)


def reconstruct_command(arguments: Namespace) -> Outcome:
    """``voxstudio reconstruct A.png [B.png ...] -o chair.stl``."""
    from voxstudio import api

    _check_outputs(arguments)
    model = api.open(arguments.checkpoint, arguments.device)
    grid = model.reconstruct(
        list(arguments.images), arguments.fusion, arguments.label, arguments.iso,
        not arguments.keep_background, progress_line(),
    )
    for view in model.views:
        if view.note:
            print(f"voxstudio: {view.name}: {view.note}", file=sys.stderr)
    about = {
        "fusion": arguments.fusion,
        "views": [{"name": view.name, "note": view.note} for view in model.views],
    }
    return _meshed(arguments, model, grid, about)


def turntable_command(arguments: Namespace) -> Outcome:
    """``voxstudio turntable FOLDER -o mesh.stl``."""
    from voxstudio.cli.turntable import turntable

    return turntable(arguments)


def data_command(arguments: Namespace) -> Outcome:
    """``voxstudio data show`` and ``voxstudio data import``."""
    if arguments.action == "import":
        from voxstudio.cli.importing import import_shapes

        return import_shapes(arguments)
    from voxstudio.data.contact_sheet import show
    from voxstudio.data.mesh_folders import problem_in_words

    output = _writable(arguments.output, (".png",))
    if arguments.count < 1:
        raise BadInput(f"A contact sheet needs at least one object of each source, not {arguments.count}.")
    sources, count = tuple(arguments.sources), arguments.count
    sheet = show(sources, output, arguments.held_out, count, seed=arguments.seed, up=arguments.up)
    for notice in sheet.notices:
        print(f"voxstudio: {notice}", file=sys.stderr)
    left = [{"file": file, "reason": reason} for file, reason in sheet.left_out]
    lines = [f"Wrote {sheet.path}: {sheet.objects} {'object' if sheet.objects == 1 else 'objects'}."]
    if len(left) > 1:  # of one, the sentence says it all
        lines += ["Left out:", *(f"  {problem_in_words(*problem)}" for problem in sheet.left_out)]
    return Outcome({"output": str(sheet.path), "objects": sheet.objects, "left_out": left}, "\n".join(lines))


def doctor_command(arguments: Namespace) -> Outcome:
    """``voxstudio doctor``."""
    from voxstudio.lab.doctor import examine, report

    findings = examine()
    well = all(finding.ok or not finding.needed for finding in findings)
    return Outcome([vars(finding) for finding in findings], report(findings), well)


def bench_command(arguments: Namespace) -> Outcome:
    """``voxstudio bench [NAMES]``."""
    from voxstudio.lab.bench import report, run

    rows = run(tuple(arguments.names), progress_line())
    return Outcome([row.to_json() for row in rows], report(rows), all(row.holds is not False for row in rows))


def progress_line() -> Callable[[float, str], None]:
    """A Progress for stderr: one line that is overwritten on a terminal, nothing elsewhere."""
    last = [0.0]

    def show(fraction: float, words: str) -> None:
        now = time.monotonic()
        if sys.stderr.isatty() and now - last[0] > 0.1:
            last[0] = now
            end = "\r" if fraction < 1.0 else "\n"
            print(f"\x1b[2K{fraction:4.0%}  {words}", end=end, file=sys.stderr, flush=True)

    return show


def _check_outputs(arguments: Namespace) -> None:
    """Fail before the work rather than after it."""
    from voxstudio.geometry.mesh_io import EXPORTERS

    _writable(arguments.output, tuple(EXPORTERS))
    if arguments.preview:
        _writable(arguments.preview, (".png",))
    if not 0 <= arguments.smoothing <= 50:
        raise BadInput(f"Smoothing takes 0 to 50 steps, not {arguments.smoothing}.")


def _writable(name: str, suffixes: tuple[str, ...]) -> Path:
    path = Path(name)
    if path.suffix.lower() not in suffixes:
        raise BadInput(f"{path.name} does not end in a format that can be written: use one of {', '.join(suffixes)}.")
    if path.is_dir():
        raise CannotWrite(f"{path} is a folder: choose a file name that does not exist yet.")
    if not path.parent.is_dir():
        raise CannotWrite(f"The folder {path.parent} does not exist: create it or choose another for {path.name}.")
    return path


def _meshed(arguments: Namespace, model: Any, grid: VoxelGrid, about: dict[str, Any]) -> Outcome:
    """Mesh, write, and tell what was written."""
    from voxstudio import api
    from voxstudio.cli.latents import tidy
    from voxstudio.geometry.pieces import count_pieces, crumbs_in_words, largest_piece

    started = time.perf_counter()
    tidied = tidy(arguments, grid) if hasattr(arguments, "keep_crumbs") else None
    grid = tidied.grid if tidied is not None else grid
    surface = api.surface(grid, arguments.style, arguments.smoothing)
    times = {**model.times, "mesh": (time.perf_counter() - started) * 1000.0}
    if surface.is_empty:
        highest = float(grid.values.max())
        raise BadInput(f"Nothing reaches the threshold {grid.iso_level:.3g}: use --iso below {highest:.3g}.")
    if arguments.largest:
        surface = largest_piece(surface)
    pieces = count_pieces(surface)
    if pieces > 1:
        told = f"the mesh is in {pieces} separate pieces: try a lower --iso, or --largest to keep only the largest."
        print(f"voxstudio: {told}", file=sys.stderr)
    output = api.save(surface, arguments.output)
    if model.note:
        print(f"voxstudio: {model.note}", file=sys.stderr)
    low, high = surface.bounds
    size = [round(float(side), 3) for side in high - low]
    document = {
        "output": str(output), "checkpoint": model.name, "device": model.device, **about, "iso": grid.iso_level,
        "resolution": max(grid.shape), "style": arguments.style, "vertices": len(surface.vertices),
        "faces": len(surface.faces), "pieces": pieces, "volume_mm3": round(surface.volume, 3), "size_mm": size,
        "preview": arguments.preview, "note": model.note, "times_ms": {k: round(v, 2) for k, v in times.items()},
    }
    text = f"Wrote {output}: {len(surface.faces):,} triangles, {' x '.join(f'{side:.0f}' for side in size)} mm."
    if tidied is not None:
        document["crumbs"] = tidied.crumbs
        if tidied.crumbs:
            text += f" {crumbs_in_words(tidied.crumbs).capitalize()} removed: --keep-crumbs keeps them."
    if arguments.preview:
        text += f"\n{_preview(surface, Path(arguments.preview))}"
    return Outcome(document, text)


def _preview(surface: Surface, path: Path) -> str:
    from voxstudio.geometry.render import picture_of

    _write_png(picture_of(surface, PREVIEW_PIXELS), path)
    return f"Wrote {path}."


def _write_png(pixels: Any, path: Path) -> None:
    """Write uint8 ``[H, W, 3]`` as PNG: complete or not at all."""
    import contextlib
    import io
    import secrets

    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_bytes(buffer.getvalue())
        temporary.replace(path)
    except OSError as error:
        raise CannotWrite(f"{path} was not written ({error.strerror or error}): choose another folder.") from None
    finally:
        with contextlib.suppress(OSError):  # after success it is gone; after failure nothing may be left behind
            temporary.unlink(missing_ok=True)


def _flat(document: Any, path: str = "") -> list[str]:
    """Nested values as lines ``a.b.c  value``."""
    if isinstance(document, dict):
        return [line for key, value in document.items() for line in _flat(value, f"{path}.{key}" if path else str(key))]
    value = f"{document:.4f}" if isinstance(document, float) else str(document)
    return [f"{path:<32} {value}"]
