"""The shipped encoder itself: pictures find their shapes, its collection is what it makes now, photos find alike."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from voxstudio.core.paths import shipped
from voxstudio.data.embedded_file import load_embedded
from voxstudio.data.embedded_sources import occupancy_of, view_of
from voxstudio.engine.family import Embedder
from voxstudio.evaluation.cross_domain import measure_pairs, squared_distances
from voxstudio.lab.cross_domain_data import parametric_pairs
from voxstudio.lab.embedding import read_picture, ready_file
from voxstudio.lab.opening import open_any

FOLDER = shipped("checkpoints") / "cross-domain"
OBJECTS = 56


@pytest.fixture(scope="module")
def model() -> Any:
    found = open_any(FOLDER, "cpu")
    assert isinstance(found, Embedder) and found.dimensions == 128
    return found


def test_unseen_pictures_find_their_shapes_and_shapes_their_pictures(model: Any) -> None:
    found = measure_pairs(model, parametric_pairs(model.card, model.image_size, OBJECTS, 2))
    told = model.card.metrics
    for key in ("recall1_image_to_shape", "recall5_image_to_shape", "recall1_shape_to_image", "recall5_shape_to_image"):
        assert found[key] >= told[key] - 0.1, f"{key}: among fewer objects it is easier than the card says"
        assert f"{key}_real" in told
    assert found["modality_gap"] < 0.5 and told["modality_gap"] < 0.3


def test_its_collection_is_what_it_makes_of_the_same_seeds(model: Any) -> None:
    kept = load_embedded(ready_file(FOLDER), model.card)
    shapes, images = kept.of_domain("shape"), kept.of_domain("image")
    assert len(shapes) >= 2000 and len(images) >= 2000 and (ready_file(FOLDER)).stat().st_size <= 5 << 20
    chosen = [int(k) for k in (shapes[0], shapes[-1])]
    made = model.embed_voxels(np.stack([occupancy_of(kept.sources[k], model.card.resolution) for k in chosen]))
    assert np.abs(made - kept.vectors[chosen]).max() < 0.02
    seen = model.embed_images(view_of(kept.sources[int(images[3])], model.image_size)[None])
    assert np.abs(seen[0] - kept.vectors[int(images[3])]).max() < 0.02


def test_photos_find_shapes_of_their_class(model: Any) -> None:
    kept = load_embedded(ready_file(FOLDER), model.card)
    shapes = kept.of_domain("shape")
    names = ("chair-1", "armchair-1", "car-1", "car-2", "lamp-1", "sofa-2", "table-1", "table-2")
    photos = [
        read_picture(shipped("resources") / "samples" / f"{name}.png", model.image_size).network for name in names
    ]
    order = np.argsort(squared_distances(model.embed_images(np.stack(photos)), kept.vectors[shapes]), axis=1)
    right = [
        sum(kept.class_of(int(shapes[k])) in name for k in row[:5]) for name, row in zip(names, order, strict=True)
    ]
    assert sum(count >= 3 for count in right) >= 6, dict(zip(names, right, strict=True))


def test_the_card_states_what_the_issue_asks_for(model: Any) -> None:
    told = json.loads((FOLDER / "card.json").read_text())["metrics"]
    names = [f"recall{k}_{way}" for k in (1, 5) for way in ("image_to_shape", "shape_to_image")]
    assert all(f"{name}{suffix}" in told for name in (*names, "modality_gap", "silhouette") for suffix in ("", "_real"))
