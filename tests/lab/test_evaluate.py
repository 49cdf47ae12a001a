"""Measuring: the keys that are promised, thresholds from validation objects, and figures that repeat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxstudio.core.errors import BadInput
from voxstudio.data.prepare import store_of_parametric
from voxstudio.engine.checkpoint import read_card
from voxstudio.families.vae_gan3d.protocol import shifted
from voxstudio.lab.evaluate import calibrated, evaluate, parametric_subjects, real_subjects
from voxstudio.lab.opening import open_any
from voxstudio.lab.training import make_recipe, train

TINY = {"width": 16, "encoder_width": 8, "latent_size": 16, "image_size": 64, "batch_size": 2, "view_counts": (2,)}
KEYS = {"iou_1", "iou_5", "iou05_1", "iou05_5", "ssim3d_1", "ssim3d_5", "recon_1", "recon_5"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model of a few steps, and the store that it learnt from."""
    folder = tmp_path_factory.mktemp("measured")
    store = store_of_parametric(folder / "store", ("chair",), 4, 32, validation=2, test=2, mesh_resolution=32)
    out = train(
        "vae_gan3d", folder / "small", make_recipe("vae_gan3d", **TINY), stores=[(store, 1.0)], max_steps=6, workers=0
    )
    return out, folder / "store"


def test_calibration_moves_the_threshold_and_nothing_else(trained: tuple[Path, Path]) -> None:
    out, store = trained
    before, card = open_any(out, "cpu"), read_card(out)
    latent = before.draw(3)
    old = before.decode(latent).values
    level, scale = calibrated(out, store, "cpu")
    new = open_any(out, "cpu").decode(latent).values
    assert read_card(out).iso_level == 0.5 and read_card(out).sha256 != card.sha256
    assert np.abs(new - shifted(old, level, scale)).max() < 0.03  # float16 weights, two roundings
    assert read_card(out).training["calibration"]["threshold"] == level


def test_evaluate_prints_every_key_that_is_promised_and_repeats(trained: tuple[Path, Path]) -> None:
    out, store = trained
    first = evaluate(out, store, "cpu", objects=1, noise=2)
    assert set(first) == {"checkpoint", "metrics"} and first["checkpoint"] == "small"
    for fusion in ("mean", "max", "lstm"):
        assert {f"{key}{tail}" for key in KEYS for tail in ("", "_real")} <= set(first["metrics"][fusion])
    assert first["metrics"]["measured"]["real_objects"] == 2
    assert evaluate(out, store, "cpu", objects=1, noise=2) == first


def test_held_out_subjects_have_another_structure(trained: tuple[Path, Path]) -> None:
    held_out = parametric_subjects(("chair", "toaster"), 32, 2, held_out=True)
    assert [s.label for s in held_out] == ["chair", "chair"]
    assert held_out[0].truth.shape == (32, 32, 32)
    with pytest.raises(BadInput, match="holds no lamp"):
        real_subjects(trained[1], ("lamp",), 32, "test")
