from __future__ import annotations

import subprocess
from typing import Any

import pytest

from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.lab import bench, bench_window, bench_work
from voxstudio.lab.bench import report, run
from voxstudio.lab.bench_rows import Row, row, side_by_side


@pytest.mark.parametrize(
    ("value", "baseline", "target", "ratio", "holds"),
    [
        (12.0, 10.0, "ratio <= 1.2", 1.2, True),
        (12.1, 10.0, "ratio <= 1.2", 1.21, False),
        (31.0, None, "value >= 30", None, True),
        (29.0, None, "value >= 30", None, False),
        (51.0, None, "value <= 50", None, False),
        (None, None, "ratio <= 1.2", None, None),
        (5.0, None, "", None, None),
    ],
)
def test_a_row_judges_itself(
    value: float | None, baseline: float | None, target: str, ratio: float | None, holds: bool | None
) -> None:
    one = row("a.b", value, "ms", baseline, target)
    assert one.ratio == pytest.approx(ratio)
    assert one.holds is holds
    assert set(one.to_json()) == {"name", "value", "unit", "baseline", "ratio", "target", "holds"}


def test_only_what_is_named_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []

    def suite(name: str) -> Any:
        def measure() -> list[Row]:
            measured.append(name)
            return [row(f"{name}.one", 1.0, "ms"), row(f"{name}.two", 2.0, "ms")]

        return measure

    monkeypatch.setattr(bench, "suites", lambda: {name: suite(name) for name in ("mesh", "export", "window")})
    assert [one.name for one in run(["mesh", "export.two"])] == ["mesh.one", "mesh.two", "export.two"]
    assert measured == ["mesh", "export"]
    assert len(run()) == 6
    with pytest.raises(BadInput, match="nonesuch"):
        run(["nonesuch"])


def test_the_table_names_every_row() -> None:
    text = report([row("mesh.32", 1.0, "ms", 2.0, "ratio <= 1.2"), row("slider.updates_64", None, "1/s")])
    assert "mesh.32" in text
    assert "holds" in text
    assert "slider.updates_64" in text


def test_both_sides_are_measured_in_turn() -> None:
    order: list[str] = []
    side_by_side(lambda: order.append("a"), lambda: order.append("b"), seconds=0.0, least=3)
    assert order == ["a", "b"] * 4


def test_without_any_screen_the_window_rows_are_there_without_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(bench_window.sys, "platform", "linux")
    monkeypatch.setattr(bench_window.shutil, "which", lambda name: None)
    rows = [*bench_window.start_up(), *bench_window.drop(), *bench_window.slider()]
    assert len(rows) == 6
    assert all(one.holds is None and one.value is None for one in rows)


def test_a_probe_that_fails_or_hangs_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: Any, **kwargs: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(args, 1, "", "Traceback\nboom")

    def hangs(*args: Any, **kwargs: Any) -> None:
        raise subprocess.TimeoutExpired("probe", 1)

    for outcome in (fails, hangs):
        monkeypatch.setattr(bench_window.subprocess, "run", outcome)
        with pytest.raises(VoxStudioError) as told:
            bench_window.probe({}, "drop")
        assert "\n" not in str(told.value)


def test_files_are_written_no_slower_than_by_trimesh() -> None:
    rows = {one.name: one for one in bench_work.exporting()}
    assert set(rows) == {"export.obj", "export.stl"}
    assert all(one.value is not None and one.baseline is not None for one in rows.values())
    assert rows["export.obj"].holds, rows["export.obj"]


def test_the_climber_that_ships_keeps_its_energy_in_bf16() -> None:
    """Of the three rows only this one does not depend on how busy the machine is."""
    from voxstudio.lab.bench_climb import climbing

    shape, step, energy = climbing()
    assert (shape.name, step.name, energy.name) == ("climb.shape_32", "climb.step", "climb.bf16_energy")
    assert shape.value and step.ratio and energy.holds in (True, None)
