"""An animated GLB: one mesh a frame, shown one after the other.

glTF cannot change a mesh's triangles while it plays. Each frame is a node of its own whose scale jumps between 0 and
1 (STEP interpolation), which every viewer that plays animations understands. Axes are y up and units metres.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.surface import Surface

FLOAT, UINT = 5126, 5125
VERTEX_BUFFER, INDEX_BUFFER = 34962, 34963
CLAY = (0.62, 0.62, 0.62, 1.0)
METRES = 0.001


@dataclass
class _Parts:
    """The binary part of the file and what describes it."""

    data: bytearray = field(default_factory=bytearray)
    views: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)

    def add(self, array: npt.NDArray[Any], kind: str, target: int | None = None, bounds: bool = False) -> int:
        """Append an array and return the number of its accessor."""
        flat = np.ascontiguousarray(array)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.data), "byteLength": flat.nbytes}
        if target is not None:
            view["target"] = target
        self.data += flat.tobytes()
        self.data += b"\0" * (-len(self.data) % 4)
        accessor: dict[str, Any] = {
            "bufferView": len(self.views), "componentType": FLOAT if flat.dtype == np.float32 else UINT,
            "count": len(flat), "type": kind,
        }  # fmt: skip
        if bounds:
            rows = flat.reshape(len(flat), -1)
            accessor |= {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        self.views.append(view)
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def animated_glb(frames: Iterable[Surface], fps: float, name: str = "shape") -> bytes:
    """The whole file. Empty frames show nothing; a surface without normals gets them from its triangles.

    Raises ValueError if there is no frame at all.
    """
    parts = _Parts()
    meshes: list[dict[str, Any]] = []
    nodes: list[dict[str, Any]] = []
    shown: list[tuple[int, int]] = []
    count = 0
    for count, surface in enumerate(frames, 1):
        node: dict[str, Any] = {"name": f"frame {count:04d}", "scale": [1.0 if count == 1 else 0.0] * 3}
        if not surface.is_empty:
            node["mesh"] = len(meshes)
            meshes.append(_mesh(parts, surface, f"{name} {count:04d}"))
            shown.append((len(nodes), count - 1))
        nodes.append(node)
    if not count:
        raise ValueError("an animation needs at least one frame")
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "VoxStudio"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "nodes": nodes,
        "meshes": meshes,
        "materials": [{"name": "clay", "pbrMetallicRoughness": {
            "baseColorFactor": CLAY, "metallicFactor": 0.0, "roughnessFactor": 0.85}}],
    }  # fmt: skip
    if count > 1 and shown:
        document["animations"] = [_animation(parts, shown, count, fps)]
    document |= {
        "accessors": parts.accessors, "bufferViews": parts.views, "buffers": [{"byteLength": len(parts.data)}]
    }  # fmt: skip
    return _packed(document, bytes(parts.data))


def _mesh(parts: _Parts, surface: Surface, name: str) -> dict[str, Any]:
    from voxstudio.geometry.render import vertex_normals

    vertices, faces = np.asarray(surface.vertices, np.float32), np.asarray(surface.faces)
    normals = surface.normals if surface.normals is not None else vertex_normals(vertices, faces)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    unit = np.where(lengths > 1e-6, normals / np.maximum(lengths, 1e-6), np.array([0, 0, 1], np.float32))
    attributes = {
        "POSITION": parts.add(_y_up(vertices) * np.float32(METRES), "VEC3", VERTEX_BUFFER, bounds=True),
        "NORMAL": parts.add(_y_up(unit), "VEC3", VERTEX_BUFFER),
    }
    if surface.colors is not None:
        attributes["COLOR_0"] = parts.add((surface.colors / np.float32(255)) ** np.float32(2.2), "VEC3", VERTEX_BUFFER)
    indices = parts.add(faces.astype(np.uint32).reshape(-1), "SCALAR", INDEX_BUFFER)
    return {"name": name, "primitives": [{"attributes": attributes, "indices": indices, "material": 0}]}


def _y_up(points: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1).astype(np.float32)


def _animation(parts: _Parts, shown: list[tuple[int, int]], count: int, fps: float) -> dict[str, Any]:
    samplers, channels = [], []
    for node, k in shown:
        # On from frame k to k + 1, off before and after; all end together, so that the last frame is seen too.
        keys = {0: float(k == 0), k: 1.0, k + 1: float(k + 1 == count), count: float(k + 1 == count)}
        times = np.array(sorted(keys), np.float32) / np.float32(fps)
        scales = np.repeat(np.array([[keys[t]] for t in sorted(keys)], np.float32), 3, axis=1)
        samplers.append({
            "input": parts.add(times, "SCALAR", bounds=True), "output": parts.add(scales, "VEC3"),
            "interpolation": "STEP",
        })  # fmt: skip
        channels.append({"sampler": len(samplers) - 1, "target": {"node": node, "path": "scale"}})
    return {"name": "frames", "samplers": samplers, "channels": channels}


def _packed(document: dict[str, Any], data: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    whole = 12 + 8 + len(text) + 8 + len(data)
    return b"".join([
        struct.pack("<4sII", b"glTF", 2, whole), struct.pack("<I4s", len(text), b"JSON"), text,
        struct.pack("<I4s", len(data), b"BIN\0"), data,
    ])  # fmt: skip
