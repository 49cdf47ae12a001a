"""Runs as people have them: killed, paused, out of disk, two at once, two processes, fine-tuned. Real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests.tiny import tiny_checkpoint
from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.data.parametric import make
from voxstudio.engine.checkpoint import read_card
from voxstudio.engine.chronicle import read_curves
from voxstudio.engine.training import GO, STOP, Listener, alone_in
from voxstudio.families import family
from voxstudio.lab.learning_data import fine_tuning_recipe
from voxstudio.lab.training import make_recipe, train

TINY = {
    "image_size": 64, "encoder_width": 8, "width": 16, "latent_size": 16, "batch_size": 4, "d_width": 8,
    "view_counts": (1, 2), "view_pool": 12, "precision": "float32",
}  # fmt: skip


def command(out: Path, recipe: Path, steps: int, *more: str, key: str = "vae_gan3d") -> list[str]:
    """The command line of one run."""
    words = ["-m", "voxstudio", "train", key, "--out", str(out), "--recipe", str(recipe)]
    return [sys.executable, *words, "--max-steps", str(steps), "--seed", "3", "--save-every", "0", *more]


@pytest.fixture()
def recipe(tmp_path: Path) -> Path:
    """A recipe file."""
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(TINY))
    return path


@pytest.fixture(scope="module")
def meshes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person's own folder: six tables as OBJ."""
    from voxstudio.geometry.mesh_io import save_surface

    folder = tmp_path_factory.mktemp("own") / "my tables"
    folder.mkdir()
    for seed in range(6):
        save_surface(make("table", seed).surface(32), folder / f"table {seed}.obj")
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint to start from."""
    return tiny_checkpoint(tmp_path_factory.mktemp("base") / "tiny-base", classes=("chair",))


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
@pytest.mark.parametrize("key", ["vae_gan3d", "enhancer_gan"])
def test_a_killed_run_goes_on_to_the_same_bits(key: str, tmp_path: Path, recipe: Path) -> None:
    # A loader process and a pool of views stand between the seed and the batches: neither may show.
    steps = 24 if key == "vae_gan3d" else 14
    if key != "vae_gan3d":
        options = {**family(key).smallest, "max_steps": steps, "lead_steps": 6, "coarse_steps": 3}
        recipe.write_text(json.dumps(options))
    subprocess.run(command(tmp_path / "whole", recipe, steps, key=key), check=True, capture_output=True)
    out = tmp_path / "killed"
    process = subprocess.Popen(command(out, recipe, steps, key=key), stderr=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + 120
    while len(read_curves(out)) < 2 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL, "the run was over before it could be killed"
    again = subprocess.run(command(out, recipe, steps, "--resume", key=key), capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    whole, killed = ((p / "weights.safetensors").read_bytes() for p in (tmp_path / "whole", out))
    assert whole == killed
    assert [row["step"] for row in read_curves(out)] == sorted({row["step"] for row in read_curves(out)})


def test_a_full_disk_pauses_the_run_and_room_lets_it_go_on(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    out, told, reports = tmp_path / "run", [], []
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    room = threading.Event()

    def notice(sentence: str) -> None:
        told.append(sentence)
        if sentence:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            room.set()

    def report(row: object) -> None:
        reports.append(row)
        if len(reports) == 3:  # from here on no file may grow over a kilobyte
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))

    try:
        listener = Listener(report=report, notice=notice)
        train(
            "vae_gan3d", out, make_recipe("vae_gan3d", **TINY), max_steps=60, listener=listener, workers=0,
            save_every=0.0, device="cpu",
        )  # fmt: skip
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert room.is_set() and "cannot be written" in told[0] and told[0].endswith("was kept.") and told[1] == ""
    assert read_card(out).training["steps"] == 60


def test_a_full_disk_and_a_stop_end_with_a_sentence_and_the_last_good_state(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    out, order = tmp_path / "run", [GO]
    recipe = make_recipe("vae_gan3d", **TINY)
    train("vae_gan3d", out, recipe, max_steps=2, workers=0, device="cpu")
    kept = (out / "resume" / "state.pt").read_bytes()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def report(_: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))

    def notice(_: str) -> None:
        order[0] = STOP

    try:
        with pytest.raises(CannotWrite, match="cannot be written"):
            train(
                "vae_gan3d", out, recipe, max_steps=50, resume=True, workers=0, save_every=0.0, device="cpu",
                listener=Listener(report=report, notice=notice), order=lambda: order[0],
            )  # fmt: skip
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (out / "resume" / "state.pt").read_bytes() == kept
    assert not list(out.glob("**/.state*")), "nothing half-written is left"


def test_two_runs_into_one_folder_are_refused(tmp_path: Path, recipe: Path) -> None:
    out = tmp_path / "run"
    with alone_in(out):
        second = subprocess.run(command(out, recipe, 2), capture_output=True, text=True)
    assert second.returncode == 1
    assert second.stderr.strip().splitlines()[-1].startswith("voxstudio: Another run trains into")
    assert not (out / "weights.safetensors").exists()


def test_two_processes_learn_as_one_does(tmp_path: Path, recipe: Path) -> None:
    steps = 30
    subprocess.run(command(tmp_path / "one", recipe, steps), check=True, capture_output=True)
    words = command(tmp_path / "two", recipe, steps)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29617"]
    done = subprocess.run(
        [*torchrun, *words[1:]], capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    grid = np.arange(1, steps + 1)  # rows are written twice a second, so each run tells of other steps
    rows = [read_curves(tmp_path / name) for name in ("one", "two")]
    a, b = (np.interp(grid, [r["step"] for r in part], [r["loss"] for r in part]) for part in rows)
    # The same global batches; batch norm sees half of each.
    assert np.abs(a.mean() - b.mean()) / a.mean() < 0.04, (a, b)
    assert np.abs(a - b).max() / a.mean() < 0.25, (a, b)
    assert read_card(tmp_path / "two").training["steps"] == steps


def test_fine_tuning_starts_from_a_checkpoint_and_never_touches_it(base: Path, meshes: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in base.iterdir() if path.is_file()}
    key, recipe = fine_tuning_recipe(base, batch_size=2, view_pool=8, freeze=("encoder", "fusion"))
    measured, pairs, ended = [], [], []
    listener = Listener(
        measured=lambda *row: measured.append(row), compared=pairs.extend, ended=ended.append
    )  # fmt: skip
    out = train(
        key, tmp_path / "mine", recipe, data=meshes, base=base, max_steps=6, workers=0, device="cpu",
        measure_every=2, patience=50, listener=listener,
    )  # fmt: skip
    assert {path.name: path.read_bytes() for path in base.iterdir() if path.is_file()} == before
    assert [row[0] for row in measured] == [0, 2, 4, 6], "what it starts from is measured too"
    assert measured[-1][2] == max(row[1] for row in measured)
    card = read_card(out)
    assert card.training["held_out_iou"] == pytest.approx(measured[-1][2], abs=1e-4)
    assert card.training["base"] == {"name": "tiny-base", "sha256": read_card(base).sha256, "steps": 2}
    assert card.data["sources"][0]["title"] == "my tables"
    assert card.title == "mine", "a run's name, and a sentence of its own"
    assert card.summary in (
        f"Fine-tuned from tiny-base for {card.training['steps']} steps on 5 objects of my tables.",
        "tiny-base as it was: fine-tuning on 5 objects of my tables gained nothing.",
    )
    assert card.metrics["fine_tuning"]["objects"] == 1 and card.licence.startswith("yours to choose")
    assert len(pairs) == 1 and 0 <= pairs[0].after_score <= 1
    from safetensors.numpy import load_file

    old, new = load_file(base / "weights.safetensors"), load_file(out / "weights.safetensors")
    assert all(np.array_equal(old[n], new[n]) for n in old if n.startswith(("encoder.", "fusion.")))
    with pytest.raises(BadInput, match="never written to"):
        train(key, base, recipe, data=meshes, base=base, max_steps=1)


def test_fine_tuning_rests_when_nothing_is_gained(base: Path, meshes: Path, tmp_path: Path) -> None:
    key, recipe = fine_tuning_recipe(base, batch_size=2, view_pool=8, learning_rate_g=0.0, learning_rate_e=0.0)
    ended: list[str] = []
    out = train(
        key, tmp_path / "mine", recipe, data=meshes, base=base, max_steps=200, workers=0, device="cpu",
        measure_every=1, patience=3, listener=Listener(ended=ended.append),
    )  # fmt: skip
    assert ended == ["rested"]
    assert read_card(out).training["steps"] < 10


def test_what_cannot_be_fine_tuned_is_told_in_one_sentence(base: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "voxstudio", "train", "vae_gan3d", "--out", str(tmp_path / "x"), "--max-steps", "1"]
    shutil.copytree(base, tmp_path / "other")
    card = json.loads((tmp_path / "other" / "card.json").read_text())
    (tmp_path / "other" / "card.json").write_text(json.dumps({**card, "family": "nobody"}))
    empty = tmp_path / "empty"
    empty.mkdir()
    for more, said in (
        (["--base", str(tmp_path / "other")], "nobody"),
        (["--base", "no-such"], "There is no checkpoint"),
        (["--base", str(base), "--data", str(empty)], str(empty)),
        (["--base", str(base), "--latent-size", "24"], "do not fit the recipe"),
        (["--recipe", str(tmp_path / "nowhere.json")], "not a readable recipe"),
    ):
        result = subprocess.run([*words, *more], capture_output=True, text=True)
        last = result.stderr.strip().splitlines()[-1]
        assert result.returncode == 1 and said in last and "Traceback" not in result.stderr, (more, result.stderr)


def test_event_files_hold_what_the_curves_hold(tmp_path: Path) -> None:
    out = train("vae_gan3d", tmp_path / "run", make_recipe("vae_gan3d", **TINY), max_steps=3, workers=0, device="cpu")
    rows = read_curves(out)
    found = {}
    from tensorboardX.proto.event_pb2 import Event

    for path in (out / "resume" / "events").iterdir():
        blob = path.read_bytes()
        while blob:
            (size,) = struct.unpack("<Q", blob[:8])
            event = Event.FromString(blob[12 : 12 + size])
            found |= {(event.step, v.tag): v.simple_value for v in event.summary.value}
            blob = blob[16 + size :]
    assert found[(rows[-1]["step"], "loss")] == pytest.approx(rows[-1]["loss"], rel=1e-5)


def test_gradients_of_several_batches_make_one_update(tmp_path: Path) -> None:
    recipe = make_recipe("vae_gan3d", accumulate=3, **TINY)
    whole = train("vae_gan3d", tmp_path / "a", recipe, max_steps=4, workers=0, device="cpu")
    half = train("vae_gan3d", tmp_path / "b", recipe, max_steps=2, workers=0, device="cpu")
    train("vae_gan3d", half, recipe, max_steps=4, workers=0, device="cpu", resume=True)
    assert (whole / "weights.safetensors").read_bytes() == (half / "weights.safetensors").read_bytes()
