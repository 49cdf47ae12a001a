"""The file of imported shapes: what was put in comes out, and damage of any kind becomes one sentence."""

from __future__ import annotations

import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mesh_files import solid, write

from voxstudio.core.errors import BadInput
from voxstudio.core.surface import Surface
from voxstudio.data.container import MAGIC, open_container
from voxstudio.data.importing import Workers, import_tree
from voxstudio.data.mesh_import import ImportOptions, drawn
from voxstudio.data.shape_file import INDEX, ShapeFile, is_shape_file, open_shape_file
from voxstudio.geometry.mesh_io import save_surface
from voxstudio.geometry.voxelize import voxelize

SIZE = 16


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    for k in range(3):
        write(folder / "tree" / "table" / f"t{k}.stl", k)
    mesh = solid(7)
    colors = np.where(mesh.vertices[:, 2:] > 0.5, (200, 10, 10), (10, 10, 200)).astype(np.uint8)
    (folder / "tree" / "chair").mkdir()
    save_surface(Surface(mesh.vertices, mesh.faces, colors=colors), folder / "tree" / "chair" / "c.ply")
    (folder / "tree" / "chair" / "bad.obj").write_text("nothing")
    options = ImportOptions(SIZE, views=2, image_size=24)
    import_tree(folder / "tree", folder / "all.voxdata", options, Workers(jobs=1))
    return folder / "all.voxdata"


def everything(shapes: ShapeFile) -> list[Any]:
    """All that a reader can see of a file, as plain values."""
    told: list[Any] = [shapes.names, shapes.class_names, shapes.resolution, shapes.title, shapes.terms, shapes.problems]
    for index in range(len(shapes)):
        surface = shapes.surface(index)
        told += [
            shapes.label(index),
            shapes.split(index),
            shapes.packed(index).tobytes(),
            shapes.views(index).tobytes(),
        ]
        told += [surface.vertices.tobytes(), surface.faces.tobytes(), surface.normals.tobytes()]
        told.append(None if surface.colors is None else surface.colors.tobytes())
    return told


def test_what_was_imported_comes_out(path: Path) -> None:
    shapes = open_shape_file(path)
    assert shapes.names == ("c", "t0", "t1", "t2") and shapes.class_names == ("chair", "table")
    assert [file for file, _ in shapes.problems] == ["chair/bad.obj"]
    for index, seed in enumerate((7, 0, 1, 2)):
        mesh = solid(seed)
        given_surface = Surface(mesh.vertices, mesh.faces)
        assert (shapes.occupancy(index) == voxelize(given_surface, SIZE)).all()
        surface = shapes.surface(index)
        assert (surface.colors is not None) == (seed == 7)
        assert abs(surface.volume / (given_surface.volume / np.ptp(mesh.vertices, axis=0).max() ** 3) - 1) < 1e-3
        assert np.allclose(np.linalg.norm(surface.normals, axis=1), 1, atol=0.02)
        file = "chair/c.ply" if seed == 7 else f"table/t{seed}.stl"
        assert (shapes.views(index) == drawn(surface, file, ImportOptions(SIZE, views=2, image_size=24))).all()
    reds = shapes.surface(0).colors
    assert reds is not None and {tuple(row) for row in reds.tolist()} == {(200, 10, 10), (10, 10, 200)}


def test_a_box_keeps_flat_sides(path: Path) -> None:
    surface = open_shape_file(path).surface(1)
    upper = surface.vertices[:, 2] > surface.bounds[1][2] - 1e-4
    axes = np.abs(surface.normals[upper]).max(axis=1)
    assert (axes > 0.99).all(), "normals of the table's top look along an axis, not around its edges"


def test_classes_are_chosen_and_translated(path: Path) -> None:
    shapes = open_shape_file(path, ["Table", "chair"])
    assert shapes.class_names == ("Table", "chair") and shapes.label(0) == 1 and shapes.label(1) == 0
    only = open_shape_file(path, ["table"])
    found = sorted(int(i) for split in ("train", "validation", "test") for i in only.indices(split))
    assert found == [1, 2, 3] and only.collection().names == ("t0", "t1", "t2")
    with pytest.raises(BadInput, match="no class biplane; it has chair, table"):
        open_shape_file(path, ["biplane"])
    held = only.holding_out(0.2)
    assert (len(held.indices("validation")), len(held.indices("train")), len(held.indices("test"))) == (1, 2, 0)


def test_another_process_opens_it_anew(path: Path) -> None:
    shapes = open_shape_file(path, ["table"]).holding_out(0.4)
    sent = pickle.dumps(shapes)
    assert len(sent) < 2000, "the map itself does not travel"
    back = pickle.loads(sent)
    assert everything(back) == everything(shapes)
    assert back.indices("train").tolist() == shapes.indices("train").tolist()


def test_collections_at_another_resolution(path: Path) -> None:
    shapes = open_shape_file(path)
    fine = shapes.collection(resolution=2 * SIZE)
    assert fine.resolution == 2 * SIZE and len(fine) == len(shapes)
    assert (fine.occupancy(0)[::2, ::2, ::2] == shapes.occupancy(0)).all()


def test_arrays_are_maps_and_start_where_they_should(path: Path) -> None:
    about, arrays = open_container(path, verify=True)
    assert all(int(entry["start"], 16) % 64 == 0 for entry in about["_table"].values())
    assert not any(array.flags.owndata or array.flags.writeable for array in arrays.values())


def judged(target: Path, before: list[Any]) -> None:
    """The file is refused in a sentence, or nothing that a reader sees has changed."""
    try:
        after = everything(open_shape_file(target))
    except BadInput as error:
        assert str(target) in str(error) and str(error).endswith(".")
    else:
        assert after == before


@given(st.data())
def test_a_cut_file_is_refused(path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    target = path.with_name("cut.voxdata")
    target.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 65))])
    with pytest.raises(BadInput, match="cut.voxdata"):
        open_shape_file(target)


@given(st.data())
def test_flipped_bytes_never_pass_unseen(path: Path, data: st.DataObject) -> None:
    before = everything(open_shape_file(path))
    changed = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    target = path.with_name("flipped.voxdata")
    target.write_bytes(changed)
    judged(target, before)


@given(st.binary(max_size=400))
def test_foreign_bytes_are_refused(path: Path, tail: bytes) -> None:
    target = path.with_name("foreign.voxdata")
    for start in (b"", MAGIC, MAGIC + len(tail).to_bytes(8, "little") + zlib.crc32(tail).to_bytes(4, "little")):
        target.write_bytes(start + tail)
        with pytest.raises(BadInput, match="foreign.voxdata"):
            open_shape_file(target)
        assert is_shape_file(target) == (start + tail).startswith(MAGIC[:-1])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.data(), ANYTHING)
def test_a_lying_header_is_refused(path: Path, data: st.DataObject, lie: Any) -> None:
    """A header with a right checksum that says something else: what somebody may have made by hand."""
    whole = path.read_bytes()
    start = len(MAGIC) + 12
    length = int.from_bytes(whole[len(MAGIC) : len(MAGIC) + 8], "little")
    header = json.loads(whole[start : start + length])
    part = data.draw(st.sampled_from(["about", "arrays", "entry"]))
    holder = header[part] if part != "entry" else header["arrays"][data.draw(st.sampled_from(sorted(header["arrays"])))]
    key = data.draw(st.sampled_from(sorted(holder)))
    if data.draw(st.booleans()):
        holder[key] = lie
    else:
        del holder[key]
    changed = json.dumps(header, separators=(",", ":")).encode()
    changed += b" " * (length - len(changed))  # a longer one moves the arrays, which is a lie as well
    length = len(changed)
    target = path.with_name("lying.voxdata")
    check = zlib.crc32(changed).to_bytes(4, "little")
    rest = whole[start + int.from_bytes(whole[len(MAGIC) : len(MAGIC) + 8], "little") :]
    target.write_bytes(MAGIC + length.to_bytes(8, "little") + check + changed + rest)
    try:
        everything(open_shape_file(target))
    except BadInput as error:
        assert str(target) in str(error)


def test_the_index_is_checked_when_the_file_is_opened(path: Path) -> None:
    about, _ = open_container(path)
    for name in INDEX:
        changed = bytearray(path.read_bytes())
        changed[int(about["_table"][name]["start"], 16)] ^= 1
        target = path.with_name("index.voxdata")
        target.write_bytes(changed)
        with pytest.raises(BadInput, match=f"its part {name} is damaged; import it again"):
            open_shape_file(target)


def test_a_file_of_another_version_says_so(path: Path) -> None:
    target = path.with_name("newer.voxdata")
    target.write_bytes(MAGIC[:-1] + b"\x02" + path.read_bytes()[8:])
    with pytest.raises(BadInput, match="another version"):
        open_shape_file(target)
