"""The loop around any trainer: how it ends, waits and tells."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from voxstudio.engine.family import StepReport
from voxstudio.engine.training import GO, PAUSE, STOP, Listener, Loop, LoopOptions, TrainingFailed, load_state


class Counting:
    """The smallest trainer: it counts, and does at a step what a test wants."""

    def __init__(self, at: dict[int, Any] | None = None) -> None:
        self.done, self.at = 0, at or {}

    def step(self) -> StepReport:
        found = self.at.get(self.done + 1, 1.0)
        if isinstance(found, Exception):
            raise found
        self.done += 1
        return StepReport({"loss": float(found)}, 4)

    def preview(self) -> str:
        return f"shape {self.done}"

    def state(self) -> dict[str, Any]:
        return {"done": self.done, "weight": torch.zeros(2)}

    def restore(self, state: dict[str, Any]) -> None:
        self.done = state["done"]


def loop(trainer: Counting, out: Path, exported: list[int] | None = None, **more: Any) -> Loop:
    options = more.pop("options", LoopOptions(10, save_every=0.0))
    kept = exported if exported is not None else []
    return Loop(trainer, out, options, export=kept.append, **more)


@pytest.mark.parametrize(
    ("mishap", "said"),
    [
        (float("nan"), "infinite at step 5"),
        (float("inf"), "infinite at step 5"),
        (MemoryError(), "Memory ran out at step 4"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "Memory ran out at step 4"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] can't allocate memory"), "Memory ran out at step 4"),
    ],
)
def test_what_ends_a_run_is_one_sentence_and_the_last_good_state_stands(
    mishap: Any, said: str, tmp_path: Path
) -> None:
    with pytest.raises(TrainingFailed, match=said) as told:
        loop(Counting({5: mishap}), tmp_path).run()
    assert str(tmp_path) in str(told.value) and str(told.value).endswith("and resume.")
    state = load_state(tmp_path)
    assert state is not None and state["step"] == 4


def test_another_error_is_not_called_a_lack_of_memory(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="shapes"):
        loop(Counting({2: RuntimeError("shapes do not fit")}), tmp_path).run()


def test_a_paused_run_has_saved_takes_no_step_and_goes_on(tmp_path: Path) -> None:
    order, paused, seen = [GO], [], []
    trainer = Counting()

    def told(on: bool) -> None:
        paused.append((on, trainer.done))
        if on:
            state = load_state(tmp_path)
            assert state is not None and state["step"] == trainer.done
            threading.Timer(0.3, lambda: order.__setitem__(0, GO)).start()

    def report(row: Any) -> None:
        seen.append(row.step)
        if row.step == 1:
            order[0] = PAUSE

    listener = Listener(report=report, paused=told)
    assert loop(trainer, tmp_path, listener=listener, order=lambda: order[0]).run() == 10
    assert paused == [(True, 1), (False, 1)]


def test_a_stop_saves_and_exports(tmp_path: Path) -> None:
    order, exported, ended = [GO], [], []
    listener = Listener(report=lambda row: order.__setitem__(0, STOP), ended=ended.append)
    loop(Counting(), tmp_path, exported, listener=listener, order=lambda: order[0]).run()
    assert exported == [1] and ended == ["stopped"]


def test_the_time_limit_ends_a_run(tmp_path: Path) -> None:
    ended: list[str] = []
    options = LoopOptions(10**9, max_seconds=0.05)
    loop(Counting(), tmp_path, options=options, listener=Listener(ended=ended.append)).run()
    assert ended == ["time"]


def test_the_best_weights_stand_and_no_gain_ends_the_run(tmp_path: Path) -> None:
    trainer, exported, ended = Counting(), [], []
    scores = {0: 0.2, 2: 0.5, 4: 0.4, 6: 0.45, 8: 0.3}
    options = LoopOptions(100, measure_every=2, patience=3)
    loop(
        trainer, tmp_path, exported, options=options, listener=Listener(ended=ended.append),
        measure=lambda: scores[trainer.done],
    ).run()  # fmt: skip
    assert exported == [0, 2] and ended == ["rested"] and trainer.done == 8


def test_reports_come_at_most_ten_times_a_second(tmp_path: Path) -> None:
    rows: list[Any] = []
    began = time.monotonic()
    options = LoopOptions(20_000, save_every=1e9)
    loop(Counting(), tmp_path, options=options, listener=Listener(report=rows.append)).run()
    assert len(rows) <= 10 * (time.monotonic() - began) + 2
    assert rows[-1].step == 20_000 and rows[-1].seconds_left == 0
