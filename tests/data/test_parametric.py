"""Parametric objects: the same bytes each time, one piece, closed, different, and held-out ones apart."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import trimesh
from scipy import ndimage

from voxstudio.core.errors import BadInput
from voxstudio.data.parametric import CLASSES, draw_factors, make, rebuild, reserved, structure

SIX = ndimage.generate_binary_structure(3, 1)
COUNT = 24


def digest() -> str:
    total = hashlib.sha256()
    for k, name in enumerate(CLASSES):
        for held_out in (False, True):
            shape = make(name, 3, held_out)
            surface = shape.surface(24 + k)
            for array in (shape.occupancy(32), surface.vertices, surface.faces, surface.colors, surface.part_ids):
                total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def test_the_seven_classes_are_there() -> None:
    assert {"chair", "table", "lamp", "sofa", "bed", "car", "airplane"} <= set(CLASSES)


def test_same_bytes_in_another_process() -> None:
    code = "import sys; sys.path.insert(0, 'tests/data'); import test_parametric as t; print(t.digest())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest()


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("held_out", [False, True])
def test_each_object_is_one_piece_that_fills_the_grid(name: str, held_out: bool) -> None:
    for seed in range(COUNT):
        shape = make(name, 1000 + seed, held_out)
        occupancy = shape.occupancy(64)
        pieces = np.bincount(ndimage.label(occupancy, SIX)[0].ravel())[1:]
        # A crumb of a few voxels may come off where two thin parts cross a voxel's corner; nothing larger.
        assert pieces.max() >= 0.998 * pieces.sum(), f"{shape.name}: {sorted(pieces)}"
        filled = np.argwhere(occupancy)
        low, high = filled.min(axis=0), filled.max(axis=0)
        assert (high - low + 1).max() >= 60, shape.name
        assert np.abs((low + high) / 2 - 31.5).max() <= 1.5, shape.name
        assert 0.002 < occupancy.mean() < 0.6, shape.name


@pytest.mark.parametrize("name", CLASSES)
def test_parts_survive_on_a_coarse_grid(name: str) -> None:
    broken = 0
    for seed in range(COUNT):
        occupancy = make(name, 2000 + seed).occupancy(32)
        pieces = np.bincount(ndimage.label(occupancy, np.ones((3, 3, 3)))[0].ravel())[1:]
        broken += pieces.max() < 0.97 * pieces.sum()
    assert broken <= 2


@pytest.mark.parametrize("name", CLASSES)
def test_held_out_objects_have_structures_that_others_never_have(name: str) -> None:
    axes = structure(name)
    seen: dict[bool, set[tuple[str, ...]]] = {False: set(), True: set()}
    for held_out in (False, True):
        for seed in range(250):
            factors = draw_factors(name, seed, held_out)
            combination = tuple(str(factors[axis]) for axis in axes)
            assert reserved(name, factors) == held_out
            seen[held_out].add(combination)
    assert not seen[False] & seen[True]
    assert len(seen[True]) >= 12 and len(seen[False]) >= 40
    for axis, words in enumerate(axes.values()):  # every word alone is known from both sides
        assert {c[axis] for c in seen[False]} == set(words) == {c[axis] for c in seen[True]}


@pytest.mark.parametrize("name", CLASSES)
def test_objects_of_a_class_differ(name: str) -> None:
    grids = [make(name, seed).occupancy(32) for seed in range(16)]
    overlap = [
        (a & b).sum() / (a | b).sum() for i, a in enumerate(grids) for b in grids[:i]
    ]
    assert float(np.mean(overlap)) < (0.7 if name == "car" else 0.5)  # cars are alike at 32^3
    assert max(overlap) < 0.93


@pytest.mark.parametrize("name", CLASSES)
def test_surface_is_closed_outward_and_coloured_by_part(name: str) -> None:
    for seed in (0, 1):
        shape = make(name, seed)
        surface = shape.surface(96)
        mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
        assert mesh.is_watertight and mesh.volume > 0
        assert surface.normals is not None and surface.colors is not None and surface.part_ids is not None
        assert float((mesh.vertex_normals * surface.normals).sum(axis=1).mean()) > 0.9
        colors = np.array([part.color for part in shape.parts], np.uint8)
        assert np.array_equal(surface.colors, colors[surface.part_ids])
        assert len(np.unique(surface.part_ids)) >= 2
        # The same object in the same place: the mesh's volume and its extent are those of the voxels.
        occupied = shape.occupancy(64).mean() * 100.0**3
        assert abs(mesh.volume - occupied) < 0.12 * occupied
        assert np.abs(surface.vertices).max() == pytest.approx(50.0, abs=2.5)


def test_chairs_sofas_and_beds_have_their_backs_at_positive_y() -> None:
    for name in ("chair", "sofa", "bed"):
        leans = []
        for seed in range(20):
            filled = np.argwhere(make(name, seed).occupancy(32))
            upper = filled[filled[:, 2] > np.quantile(filled[:, 2], 0.8)]
            leans.append(upper[:, 1].mean() - filled[:, 1].mean())
        assert np.median(leans) > 0.5, name


def test_symmetric_classes_mirror_in_x() -> None:
    for name in ("chair", "car", "airplane"):
        for seed in range(6):
            grid = make(name, seed).occupancy(48)
            assert (grid & grid[::-1]).sum() / (grid | grid[::-1]).sum() > 0.9, f"{name} {seed}"


def test_an_object_is_rebuilt_from_its_factors_and_follows_them() -> None:
    shape = make("chair", 5)
    again = rebuild("chair", shape.factors)
    assert np.array_equal(again.occupancy(48), shape.occupancy(48))
    taller = rebuild("chair", {**shape.factors, "back_height": float(shape.factors["back_height"]) + 30})
    assert taller.bounds[1][2] > shape.bounds[1][2] + 20


def test_unknown_class_and_negative_seed_are_told() -> None:
    with pytest.raises(BadInput, match="teapot"):
        make("teapot", 0)
    with pytest.raises(BadInput, match="negative"):
        make("chair", -1)
