"""Embeddings of a collection: value, file, and what their points were made from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from voxstudio.core.card import Card
from voxstudio.core.embedded import Embedded, Source, joined
from voxstudio.core.errors import BadInput
from voxstudio.data.embedded_file import load_embedded, save_embedded
from voxstudio.data.embedded_sources import occupancy_of, surface_of, view_of

CLASSES = ("chair", "table", "lamp")


def points(count: int = 30, domain: str = "shape", view: int = -1, sha256: str = "aa") -> Embedded:
    rng = np.random.default_rng(3)
    classes = [CLASSES[k % 3] for k in range(count)]
    sources = [Source("parametric", classes[k], k, view) for k in range(count)]
    return Embedded.of(
        rng.normal(size=(count, 16)).astype(np.float32), domain, [f"{c}-{k}" for k, c in enumerate(classes)], classes,
        sources, checkpoint="tiny", sha256=sha256, title="some shapes", terms="free",
    )  # fmt: skip


def test_a_file_keeps_every_bit(tmp_path: Path) -> None:
    both = joined([points(), points(domain="image", view=0)])
    codes = np.full((60, 5), np.nan, np.float32)
    codes[:30] = 1.5
    both = replace(both, codes=codes, maker="chair-gan", maker_sha256="bb", image_size=64)
    save_embedded(tmp_path / "a.voxmap", both)
    save_embedded(tmp_path / "b.voxmap", load_embedded(tmp_path / "a.voxmap"))
    assert (tmp_path / "a.voxmap").read_bytes() == (tmp_path / "b.voxmap").read_bytes()
    found = load_embedded(tmp_path / "a.voxmap")
    assert np.array_equal(found.vectors, both.vectors) and found.sources == both.sources
    assert np.array_equal(found.codes, codes, equal_nan=True)
    assert (found.names, found.class_names, found.image_size) == (both.names, both.class_names, 64)
    assert len(found.of_domain("image")) == 30
    assert np.array_equal(found.objects()[:30], found.objects()[30:])  # a shape and its picture are one object


def test_whatever_is_cut_off_or_damaged_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.voxmap"
    save_embedded(path, points())
    whole = path.read_bytes()
    for length in (0, 5, 20, len(whole) // 3, len(whole) - 70):
        path.write_bytes(whole[:length])
        with pytest.raises(BadInput, match=r"a\.voxmap"):
            load_embedded(path)
    damaged = bytearray(whole)
    damaged[-200] ^= 255
    path.write_bytes(bytes(damaged))
    with pytest.raises(BadInput, match="damaged; embed the collection again"):
        load_embedded(path)
    path.write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(BadInput, match="not a usable file of embeddings"):
        load_embedded(path)
    with pytest.raises(BadInput, match="cannot be opened"):
        load_embedded(tmp_path / "none.voxmap")


def test_values_that_are_no_numbers_are_named() -> None:
    vectors = np.ones((3, 4), np.float32)
    vectors[1, 2] = np.nan
    sources = [Source("parametric", "chair", k) for k in range(3)]
    with pytest.raises(BadInput, match=r"1 of 3 embeddings in mine are not numbers \(the first is b\)"):
        Embedded.of(vectors, "shape", ["a", "b", "c"], ["chair"] * 3, sources, title="mine")


def test_the_embeddings_of_another_checkpoint_are_refused(tmp_path: Path) -> None:
    save_embedded(tmp_path / "a.voxmap", points())
    card = Card("other", "triplet", "", "", 32, 0.5, sha256="zz")
    with pytest.raises(BadInput, match="was made with the checkpoint tiny, not with other"):
        load_embedded(tmp_path / "a.voxmap", card)
    assert load_embedded(tmp_path / "a.voxmap", replace(card, sha256="aa")).checkpoint == "tiny"
    with pytest.raises(BadInput, match="embed them with the same one"):
        joined([points(), points(sha256="zz")])


def test_points_are_made_again_from_their_source() -> None:
    source = Source("parametric", "chair", 7, 2)
    assert np.array_equal(occupancy_of(source, 32), occupancy_of(source.object, 32))
    assert np.abs(surface_of(source).vertices).max() <= 0.5 + 1e-6
    seen = view_of(source, 48)
    assert seen.shape == (48, 48, 4) and np.array_equal(seen, view_of(source, 48))
    assert not np.array_equal(seen, view_of(source._replace(view=3), 48))
    with pytest.raises(BadInput, match="no shape that could be made again"):
        occupancy_of(Source("picture", "chair.png"), 32)
