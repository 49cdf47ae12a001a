"""Factors that are known, and the reader that finds them again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxstudio.core.errors import BadInput
from voxstudio.data.parametric import CLASSES, draw_factors, make
from voxstudio.evaluation import factors as module
from voxstudio.evaluation.factors import FactorReader, factor_reader, factor_table, fit_reader, is_count, is_length


@pytest.fixture(scope="module")
def reader() -> FactorReader:
    return fit_reader("chair", 32, fit=320, check=120)


def test_a_table_holds_true_factors() -> None:
    table = factor_table("chair", 3, 24, first_seed=5)
    shape = make("chair", 6)
    k = table.names.index("seat_width")
    low, high = shape.bounds
    assert table.values[1, k] == pytest.approx(100 * float(shape.factors["seat_width"]) / (high - low).max())
    assert np.array_equal(table.grids[1], shape.occupancy(24))
    w = table.names.index("base")
    assert table.words["base"][int(table.values[1, w])] == shape.factors["base"]
    assert table.is_discrete[w] and table.is_discrete[table.names.index("slat_count")] and not table.is_discrete[k]
    with pytest.raises(BadInput, match="no parametric objects of class 'toaster'"):
        factor_table("toaster", 1, 16)


def test_every_length_is_one() -> None:
    """A factor in centimetres is nowhere below a few millimetres; a ratio or an angle is named in the list."""
    for name in CLASSES:
        drawn = [draw_factors(name, seed) for seed in range(40)]
        for factor, value in drawn[0].items():
            if isinstance(value, str) or is_count(factor):
                continue
            most = max(float(one[factor]) for one in drawn)
            assert (most > 1.9) >= is_length(factor), f"{name}: {factor} reaches {most}"


def test_seat_width_is_read_off_shapes_never_seen(reader: FactorReader) -> None:
    assert {"seat_width", "seat_depth", "seat_height"} <= set(reader.names)
    assert (reader.r >= module.LEAST_R).all() and reader.checked == 120
    k = reader.names.index("seat_width")
    assert reader.r[k] > 0.9 and reader.titles[k] == "seat width" and reader.units[k] == "%"
    fresh = factor_table("chair", 60, 32, first_seed=70_000_000)
    true = fresh.values[:, fresh.names.index("seat_width")]
    assert np.corrcoef(reader.read(fresh.grids)[:, k], true)[0, 1] > 0.85
    assert np.isnan(reader.read(np.zeros((1, 32, 32, 32), bool))).all()
    assert reader.read(fresh.grids[:0]).shape == (0, len(reader.names))


def test_a_reader_is_kept_and_a_damaged_one_is_made_anew(
    reader: FactorReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(module, "fit_reader", lambda *a, **k: made.append(a) or reader)
    grids = factor_table("chair", 2, 32).grids
    for _ in range(2):
        found = factor_reader("chair", 32, tmp_path / "cache")
        assert found is not None and np.array_equal(found.read(grids), reader.read(grids))
    assert len(made) == 1
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(file.read_bytes()[:-100])
    assert factor_reader("chair", 32, tmp_path / "cache") is reader and len(made) == 2
    assert factor_reader("toilet", 32, tmp_path) is None
