"""Bench rows of training: samples a second, hidden loading, and what a trainer beside the window costs it."""

from __future__ import annotations

import itertools
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.families import families, family
from voxstudio.lab.bench_rows import Row, row, side_by_side

STEPS = 12
POOL = 24
"""Changed shapes in the pool of the loading row: filled before the clock starts, as after minutes of a real run."""

PAST_THE_START = {"lead_steps": 1, "coarse_steps": 0, "shape_pool": POOL}
"""Generators are measured in the game that most of their training is, not in the first part that leads to it."""


def training() -> list[Row]:
    """All rows of training."""
    import torch

    from voxstudio.lab.training_process import training_threads

    rows: list[Row] = []
    before = torch.get_num_threads()
    training_threads()
    try:
        for key in families():
            rows += _speed(key)
            rows += _loading(key)
    finally:
        torch.set_num_threads(before)
    return rows + beside()


def _recipe(key: str, **changes: Any) -> Any:
    kind = family(key).recipe_class()
    wanted = {"view_counts": (2,), "image_size": 96, "batch_size": 16, "view_pool": POOL, **PAST_THE_START, **changes}
    known = {spec.name: spec for spec in kind.options()}
    fitting = {
        name: value for name, value in wanted.items()
        if name in known and (isinstance(value, tuple) or value in (known[name].choices or (value,)))
    }  # fmt: skip
    return kind().changed(**fitting)


def _source(key: str, recipe: Any, workers: int) -> Callable[[int], Iterator[Any]]:
    from voxstudio.data.parametric_store import ParametricStore
    from voxstudio.lab.training import batch_source

    store = ParametricStore(tuple(recipe.classes), recipe.resolution, count=POOL)
    return batch_source([(store, 1.0)], recipe, 0, workers)


def _speed(key: str) -> list[Row]:
    """A step as the program takes it against eager float32 of the same networks, batch and losses.

    Beside it: pictures a second, and the step's arithmetic a second over what the device reaches on a large product.
    """
    from voxstudio.engine.device import pick_device

    device, rows = pick_device(), []
    for resolution in (32, 64):
        recipe = _recipe(key, resolution=resolution)
        batch = next(_source(key, recipe, 0)(0))
        fast = family(key).load("trainer")(recipe, lambda _, b=batch: itertools.repeat(b), device, 0)
        plain = family(key).load("trainer")(
            recipe.changed(precision="float32"), lambda _, b=batch: itertools.repeat(b), device, 0
        )
        _make_plain(plain)
        value, baseline = side_by_side(fast.step, plain.step, seconds=6.0, least=5)
        rate = 1000.0 * recipe.batch_size
        name = f"training.{key}.{resolution}"
        rows.append(row(name, rate / value, "1/s", rate / baseline, "ratio >= 2"))
        if hasattr(batch, "views"):
            rows.append(row(f"{name}.images", rate / value * batch.views.shape[1], "1/s"))
        rows.append(row(f"{name}.peak", _operations(plain.step) / value / 1e6, "GFLOP/s", _most(device)))
    return rows


def _operations(step: Callable[[], Any]) -> int:
    """Multiplications and additions of one step, forward and backward, as torch counts them."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        step()
    return int(counter.get_total_flops())


def _most(device: str) -> float:
    """GFLOP/s that the device reaches on one large product in bf16: the peak that a step can be held against."""
    import torch

    side = 8192 if device.startswith("cuda") else 1024
    a = torch.randn(side, side, device=device).to(torch.bfloat16)
    times = []
    for _ in range(8):
        started = time.perf_counter()
        float((a @ a)[0, 0])  # reading a value waits for the device
        times.append(time.perf_counter() - started)
    return 2 * side**3 / min(times) / 1e9


def _make_plain(trainer: Any) -> None:
    """Take the project's own layers, losses and layouts out of a trainer, in place; it computes the same."""
    import torch

    from voxstudio.engine.modules import LastUp, lay_out
    from voxstudio.engine.occupancy_loss import composed_loss
    from voxstudio.engine.volumetric import FirstConv

    holders = [trainer, *([trainer.game] if hasattr(trainer, "game") else [])]
    for holder in holders:
        if hasattr(holder, "joint_loss"):
            holder.joint_loss = composed_loss
        for part in vars(holder).values():
            for module in part.modules() if isinstance(part, torch.nn.Module) else ():
                if isinstance(module, LastUp):
                    module.__class__ = torch.nn.ConvTranspose3d  # type: ignore[assignment]  # it has the same weights
                elif isinstance(module, FirstConv):
                    module.__class__ = torch.nn.Conv3d  # type: ignore[assignment]  # it has the same weights
            if isinstance(part, torch.nn.Module):
                lay_out(part, torch.contiguous_format)


def _loading(key: str) -> list[Row]:
    """A step with the loader beside it against a step with a batch that is there already."""
    from voxstudio.engine.device import pick_device

    recipe, device = _recipe(key, resolution=32), pick_device()
    stream = _source(key, recipe, 1)(0)
    batch = next(stream)
    for _ in range(6 * POOL // recipe.batch_size):  # until every view of the pool has been drawn
        next(stream)
    loaded = family(key).load("trainer")(recipe, lambda _: stream, device, 0)
    ready = family(key).load("trainer")(recipe, lambda _: itertools.repeat(batch), device, 0)
    value, baseline = side_by_side(loaded.step, ready.step, seconds=8.0, least=STEPS)
    return [row(f"training.{key}.loading", value, "ms", baseline, "ratio <= 1.05")]


@contextmanager
def a_trainer() -> Iterator[None]:
    """A training process as the window starts it, past its first steps."""
    from voxstudio.lab.training_process import launch

    with tempfile.TemporaryDirectory(prefix="voxstudio-bench-") as folder:
        recipe = Path(folder) / "recipe.json"
        recipe.write_text(json.dumps({"batch_size": 16, "view_pool": POOL}), encoding="utf-8")
        process = launch("vae_gan3d", Path(folder) / "run", recipe, max_steps=10**6)
        assert process.stdin is not None and process.stdout is not None
        try:
            for line in process.stdout:
                if '"report"' in line and json.loads(line)["step"] > 2:
                    break
            drain = threading.Thread(target=_drain, args=(process.stdout,), daemon=True)
            drain.start()
            yield
        finally:
            process.stdin.write("stop\n")
            process.stdin.flush()
            process.wait(120)
            drain.join(5)


def _drain(stream: Any) -> None:
    for _ in stream:
        pass


def beside() -> list[Row]:
    """The threshold slider and a decoding network with a trainer beside them, against without."""
    from voxstudio.lab.bench_window import drag_ms

    alone, decode_alone = drag_ms(), _decode_ms()
    with a_trainer():
        value, decode = drag_ms(), _decode_ms()
    return [
        row("training.slider_beside", value, "ms", alone, "ratio <= 2"),
        row("training.decode_beside", decode, "ms", decode_alone, "ratio <= 2"),
    ]


def _decode_ms(seconds: float = 4.0) -> float | None:
    """Median of decoding one latent of the first shipped generator, as the inference thread does it."""
    from voxstudio.engine.checkpoint import catalogue, open_model
    from voxstudio.engine.places import checkpoint_folders
    from voxstudio.lab.opening import model_class

    entries = [entry for entry in catalogue(checkpoint_folders()) if not entry.problem]
    if not entries:
        return None
    model = open_model(entries[0], model_class)
    latent, times = model.draw(0), []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        np.asarray(model.decode(latent).values)
        times.append((time.perf_counter() - started) * 1000.0)
        time.sleep(max(0.0, 1 / 30 - (time.perf_counter() - started)))  # as often as a slider asks
    return statistics.median(times[2:])
