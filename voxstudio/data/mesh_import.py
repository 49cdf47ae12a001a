"""One mesh file on its way into a file of shapes: read, stood upright, voxelised, reduced, coloured, drawn.

It depends on the file and the options alone, so that a data set has the same bytes whoever imports it.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput
from voxstudio.core.surface import Surface
from voxstudio.data.container import Array
from voxstudio.data.grids import LEAST_VOXELS, turned
from voxstudio.data.mesh_folders import too_few_voxels
from voxstudio.data.mesh_trees import TreeMesh
from voxstudio.data.shape_file import STEPS, checks_of

MOST_FACES = 20_000
"""Faces are stored as 16-bit numbers of corners, of which each has at most three."""
CREASE_DEG = 40.0
"""Faces that meet at a sharper angle have normals of their own."""
GREY = 200


@dataclass(frozen=True)
class ImportOptions:
    """What decides the content of a file of shapes, besides the meshes."""

    resolution: int = 64
    """Voxels along each side."""
    faces: int = 3000
    """Triangles to which a mesh is reduced."""
    views: int = 0
    """Stored views of each object."""
    image_size: int = 64
    """Pixels along each side of a stored view."""


def import_mesh(source: Path, mesh: TreeMesh, options: ImportOptions) -> dict[str, Array]:
    """The arrays of one object, each with a first axis as in a file of shapes, but for label and split.

    ``views`` are drawn from random numbers of the file's name. Raises BadInput that says what is wrong.
    """
    from voxstudio.geometry.voxelize import voxelize

    surface = read_mesh(source / mesh.file, source)
    if mesh.up == "y":
        surface = Surface(_z_up(surface.vertices), surface.faces, colors=surface.colors, name=surface.name)
    grid = turned(voxelize(surface, options.resolution, solid=True), mesh.quarters)
    filled = int(grid.sum())
    if filled < LEAST_VOXELS:
        raise BadInput(too_few_voxels(filled, options.resolution))
    points = unit_points(surface.vertices, mesh.quarters)
    vertices, faces, colors = reduced(points, np.asarray(surface.faces), surface.colors, options.faces)
    corner, faces = creased(vertices, faces)
    vertices, colors = vertices[corner], None if colors is None else colors[corner]
    return _packed(mesh, grid, vertices, faces, colors, options)


def _packed(
    mesh: TreeMesh,
    grid: npt.NDArray[np.bool_],
    vertices: Array,
    faces: Array,
    colors: Array | None,
    options: ImportOptions,
) -> dict[str, Array]:
    from voxstudio.geometry.render import vertex_normals

    stored = np.rint((np.clip(vertices, -0.5, 0.5) + 0.5) * STEPS).astype(np.uint16)
    normals = np.rint(vertex_normals(vertices.astype(np.float32), faces) * 127).astype(np.int8)
    filled = np.full((len(vertices), 3), GREY, np.uint8) if colors is None else colors
    surface = Surface(stored.astype(np.float32) / STEPS - np.float32(0.5), faces, normals / 127, colors)
    arrays: dict[str, Array] = {
        "packed": np.packbits(grid)[None],
        "colored": np.array([colors is not None], np.uint8),
        "vertex_counts": np.array([len(vertices)], np.uint32),
        "face_counts": np.array([len(faces)], np.uint32),
        "vertices": stored,
        "normals": normals,
        "colors": filled,
        "faces": faces.astype(np.uint16),
        "views": drawn(surface, mesh.file, options)[None],
    }
    parts = [arrays[name] for name in ("vertices", "normals", "colors", "faces")]
    return {**arrays, "checks": checks_of(arrays["packed"], parts, arrays["views"])[None]}


def surface_of(arrays: dict[str, Array], name: str) -> Surface:
    """The reduced mesh among the arrays of one object, in the unit cube, with colours where the source had some."""
    points = arrays["vertices"].astype(np.float32) / STEPS - np.float32(0.5)
    colors = arrays["colors"] if arrays["colored"][0] else None
    return Surface(points, arrays["faces"], arrays["normals"].astype(np.float32) / 127, colors, name=name)


def drawn(surface: Surface, file: str, options: ImportOptions) -> npt.NDArray[np.uint8]:
    """Photo-like views as training draws them, uint8 ``[K, S, S, 4]``; view ``k`` depends on the name and ``k``."""
    size = options.image_size
    if not options.views:
        return np.zeros((0, size, size, 4), np.uint8)
    from voxstudio.data.views import draw_view

    seed = zlib.crc32(file.encode())
    return np.stack([draw_view(surface, size, np.random.default_rng([seed, k])) for k in range(options.views)])


def _z_up(points: Array) -> Array:
    return np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1)


def unit_points(vertices: Array, quarters: int) -> npt.NDArray[np.float64]:
    """Corners in the unit cube where the voxels lie, turned about z by quarters as :func:`turned` turns voxels."""
    from voxstudio.geometry.voxelize import fit_points

    points = fit_points(vertices, 1) - 0.5
    for _ in range(quarters % 4):
        points = np.stack([-points[:, 1], points[:, 0], points[:, 2]], axis=1)
    return points


# ------------------------------------------------------------------------------------------------ reading


def read_mesh(path: Path, root: Path) -> Surface:
    """A mesh with the colours of its materials and textures as colours of its corners, where it has some.

    Materials and pictures are read from under ``root`` alone. What is wrong with them costs the colours, not the
    mesh. Raises BadInput as :func:`voxstudio.geometry.mesh_io.load_surface` does.
    """
    from voxstudio.geometry.mesh_io import LARGEST_FILE, load_surface

    try:
        if path.suffix.lower() in (".obj", ".glb") and 0 < path.stat().st_size <= LARGEST_FILE:
            data = path.read_bytes()
            if path.suffix.lower() == ".glb" or b"mtllib" in data:
                found = _with_materials(data, path, root)
                if found is not None:
                    return found
    except MemoryError:
        raise
    except Exception:  # trimesh's parsers raise whatever they trip; the plain reader judges
        pass
    return load_surface(path)


def _with_materials(data: bytes, path: Path, root: Path) -> Surface | None:
    """Corners joined where position and colour agree; None if nothing has a material."""
    import trimesh

    scene: Any = trimesh.load_scene(
        io.BytesIO(data), file_type=path.suffix[1:].lower(), process=False, resolver=_resolver(path, root)
    )
    rows, faces, any_colour, count = [], [], False, 0
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        part = scene.geometry[name]
        if not hasattr(part, "faces") or not len(part.faces):
            continue
        colors = _colors(part)
        any_colour |= colors is not None
        points = trimesh.transform_points(part.vertices, matrix)
        rows.append(
            np.concatenate([points, np.broadcast_to(GREY if colors is None else colors, (len(points), 3))], axis=1)
        )
        faces.append(np.asarray(part.faces) + count)
        count += len(points)
    if not any_colour:
        return None
    table, back = np.unique(np.concatenate(rows), axis=0, return_inverse=True)
    vertices = table[:, :3]
    if not np.isfinite(vertices).all() or np.abs(vertices).max() > 1e30:
        return None
    if path.suffix.lower() == ".glb":
        vertices = _z_up(vertices)
    return Surface(
        vertices, back.reshape(-1)[np.concatenate(faces)], colors=table[:, 3:].astype(np.uint8), name=path.stem
    )


def _colors(part: Any) -> Array | None:
    """Colours of a part's corners, uint8 ``[V, 3]``, or of the whole part, ``[3]``; None if nothing says which."""
    visual = part.visual
    if visual.kind != "texture":
        return np.asarray(visual.vertex_colors)[:, :3] if visual.kind in ("vertex", "face") else None
    material = visual.material
    image = getattr(material, "image", None) or getattr(material, "baseColorTexture", None)
    if image is not None and visual.uv is not None and len(visual.uv) == len(part.vertices):
        return np.asarray(material.to_color(visual.uv))[:, :3]
    # trimesh invents a grey where a material says nothing.
    said = getattr(material, "baseColorFactor", None) is not None or "kd" in (getattr(material, "kwargs", None) or {})
    return np.asarray(material.main_color)[:3] if said else None


def _resolver(path: Path, root: Path) -> Any:
    """Files that a mesh names, from under ``root`` alone; how trimesh asks for them."""
    import trimesh

    class Within(trimesh.resolvers.Resolver):  # type: ignore[misc]  # trimesh has no types
        """Reads what lies under the root."""

        def __init__(self) -> None:
            self.root = root.resolve()

        def get(self, key: str) -> bytes:
            """The bytes of a file, or KeyError."""
            named = (path.parent / key.strip().replace("\\", "/")).resolve()
            if not named.is_relative_to(self.root) or not named.is_file():
                raise KeyError(key)
            return named.read_bytes()

        def write(self, name: str, data: Any) -> None:
            """Never."""
            raise OSError(name)

        def namespaced(self, namespace: str) -> Any:
            """Itself."""
            return self

        def keys(self) -> list[str]:
            """Unknown."""
            return []

    return Within()


# ----------------------------------------------------------------------------------------------- reducing


def reduced(
    points: npt.NDArray[np.float64], faces: Array, colors: Array | None, target: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], Array | None]:
    """The mesh with at most ``target`` faces where that is possible, never more than :data:`MOST_FACES`.

    Quadric edge collapse; what it cannot reduce (a soup of single triangles) is gathered on ever coarser lattices.
    Colours come from the nearest old corner. A mesh that is small enough keeps every corner.
    """
    kept_points, kept_faces = _tidied(points, faces)
    if len(faces) <= target:
        used, back = np.unique(faces, return_inverse=True)
        return points[used], back.reshape(-1, 3), None if colors is None else colors[used]
    vertices, faces_left = kept_points, kept_faces
    if len(kept_faces) > target:  # else doubled faces were all that was too much
        import fast_simplification

        small, corners = fast_simplification.simplify(
            kept_points.astype(np.float32), kept_faces.astype(np.int32), target_count=target
        )
        vertices, faces_left = _tidied(np.asarray(small, np.float64), np.asarray(corners, np.int64))
    cells = 256
    while len(faces_left) > MOST_FACES or (len(faces_left) > 2 * target and cells >= 64):
        vertices, faces_left = _tidied(np.rint(vertices * cells) / cells, faces_left)
        cells //= 2
    if not len(faces_left):
        vertices, faces_left = _tidied(np.rint(kept_points * 64) / 64, kept_faces)
    if len(faces_left) > MOST_FACES or not len(faces_left):
        raise BadInput(f"It could not be reduced to {MOST_FACES:,} triangles: simplify it first.")
    if colors is None:
        return vertices, faces_left, None
    from scipy.spatial import cKDTree

    _, nearest = cKDTree(points).query(vertices)
    return vertices, faces_left, np.asarray(colors)[nearest]


def _tidied(points: npt.NDArray[np.float64], faces: Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Corners at one position joined; faces without area by their corners, repeated ones and unused corners gone."""
    merged, back = np.unique(points, axis=0, return_inverse=True)
    joined = back.reshape(-1)[faces]
    whole = (joined[:, 0] != joined[:, 1]) & (joined[:, 1] != joined[:, 2]) & (joined[:, 2] != joined[:, 0])
    joined = joined[whole]
    _, first = np.unique(np.sort(joined, axis=1), axis=0, return_index=True)
    joined = joined[np.sort(first)]
    used, new = np.unique(joined, return_inverse=True)
    return merged[used], new.reshape(-1, 3).astype(np.int64)


def creased(points: Array, faces: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Split corners along edges sharper than :data:`CREASE_DEG`, so that a box keeps flat sides.

    Returns the old corner of every new one, ``[V]``, and the faces with new numbers, ``[F, 3]``.
    """
    import trimesh

    mesh = trimesh.Trimesh(points, faces, process=False)
    smooth = mesh.face_adjacency_angles < np.radians(CREASE_DEG)
    label = trimesh.graph.connected_component_labels(mesh.face_adjacency[smooth], node_count=len(faces))
    keys = faces.astype(np.int64) * len(faces) + label[:, None]
    new, back = np.unique(keys.ravel(), return_inverse=True)
    return new // len(faces), back.reshape(-1, 3)
