from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from command_line import OPTIONS, ROOT, Here, in_process, run
from PIL import Image
from tiny import SMALL, tiny_checkpoint

from voxstudio import cli
from voxstudio.cli import commands


def one_sentence(text: str) -> str:
    """What stderr holds after a failure: one line, no traceback."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("voxstudio: ")
    assert lines[0].endswith(".")
    assert "Traceback" not in text
    return lines[0]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("cli") / "tiny")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.zeros((60, 60, 4), np.uint8)
    pixels[10:50, 15:45] = (150, 90, 50, 255)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str]) -> Here:
    """Run a command in this process: exit status, standard output, standard error."""
    return in_process(capfd)


def test_train_resume_list_and_reconstruct_as_a_person_does(tmp_path: Path, photo: Path) -> None:
    out = tmp_path / "library" / "fresh"
    train = ["train", "vae_gan3d", "--out", out, "--seed", 1, "--device", "cpu", *OPTIONS]
    done = run(*train, "--max-steps", 2, "--resume", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["training"]["steps"] == 2
    assert {path.name for path in out.iterdir()} == {"weights.safetensors", "card.json", "recipe.json", "resume"}

    done = run(*train, "--max-steps", 3, "--resume")
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "card.json").read_text())["training"]["steps"] == 3

    listed = run("list", "--json", VOXSTUDIO_CHECKPOINTS=str(out.parent))
    assert listed.returncode == 0
    entry = next(entry for entry in json.loads(listed.stdout) if entry["name"] == "fresh")
    assert (entry["title"], entry["summary"]) == ("fresh", "Trained for 3 steps on 1,500 parametric shapes (chair).")

    done = run(
        "reconstruct", photo, photo, "-o", tmp_path / "chair.stl", "--checkpoint", out, "--fusion", "lstm",
        "--iso", 0.3, "--preview", tmp_path / "chair.png", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["fusion"], document["iso"], len(document["views"])) == ("lstm", 0.3, 2)
    mesh = trimesh.load_mesh(tmp_path / "chair.stl")
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(document["volume_mm3"], rel=1e-3)
    assert len(mesh.faces) == document["faces"]
    with Image.open(tmp_path / "chair.png") as preview:
        colours = preview.convert("RGB").getcolors(1 << 24)
    assert len(colours) > 20, "a shaded picture, not a blank one"


@pytest.mark.parametrize("suffix", [".obj", ".stl", ".ply", ".glb"])
def test_every_format_of_an_object_from_noise(here: Here, tiny: Path, suffix: str) -> None:
    target = tiny.parent / f"noise{suffix}"
    status, out, _ = here("sample", "-o", target, "--checkpoint", tiny, "--iso", 0.2, "--seed", 5, "--json")
    assert status == 0
    assert json.loads(out)["seed"] == 5
    assert len(trimesh.load_mesh(target).faces) == json.loads(out)["faces"]


def test_the_same_command_writes_the_same_bytes(here: Here, tiny: Path, photo: Path) -> None:
    written = []
    for name in ("a.stl", "b.stl"):
        target = photo.parent / name
        assert here("reconstruct", photo, "-o", target, "--checkpoint", tiny, "--iso", 0.3)[0] == 0
        written.append(target.read_bytes())
    assert written[0] == written[1]


def bad_files(folder: Path) -> dict[str, Path]:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(folder / "whole.png")
    (folder / "truncated.png").write_bytes((folder / "whole.png").read_bytes()[:2000])
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.jpg").write_text("no picture at all")
    (folder / "folder.png").mkdir()
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    names = ("truncated.png", "empty.png", "text.jpg", "folder.png", "dot.png", "vanished.png")
    return {name: folder / name for name in names}


def test_bad_pictures_are_one_sentence_and_write_nothing(
    here: Here, tiny: Path, photo: Path
) -> None:
    target = photo.parent / "x.stl"
    for name, path in bad_files(photo.parent).items():
        status, out, err = here("reconstruct", photo, path, "-o", target, "--checkpoint", tiny, "--json")
        assert (status, out) == (1, ""), name
        assert name in one_sentence(err)
        assert not target.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["reconstruct", "{photo}", "-o", "{folder}/x.doc"],
        ["reconstruct", "{photo}", "-o", "{folder}/absent/x.stl"],
        ["reconstruct", "{photo}", "-o", "{folder}/x.stl", "--preview", "{folder}/absent/p.png"],
        ["reconstruct", "{photo}", "-o", "{folder}/x.stl", "--iso", "1.5"],
        ["reconstruct", "{photo}", "-o", "{folder}/x.stl", "--iso", "0.9999"],
        ["reconstruct", "{photo}", "-o", "{folder}/x.stl", "--iso", "high"],
        ["reconstruct", "{photo}", "-o", "{folder}/x.stl", "--label", "cow"],
        ["reconstruct", "{photo}", "-o", "{folder}/x.stl", "--smoothing", "-1"],
        ["reconstruct", "{photo}", "-o", "{folder}/x.stl", "--checkpoint", "nonesuch"],
        ["reconstruct", "{photo}", "-o", "{folder}/x.stl", "--device", "cuda:99"],
        ["reconstruct", "-o", "{folder}/x.stl"],
        ["reconstruct", "{photo}"],
        ["evaluate", "nonesuch"],
        ["train"],
        ["train", "nonesuch", "--out", "{folder}/y"],
        ["train", "vae_gan3d"],
        ["train", "vae_gan3d", "--out", "{folder}/y", "--batch-size", "0"],
        ["train", "vae_gan3d", "--out", "{folder}/y", "--preset", "nonesuch"],
        ["train", "vae_gan3d", "--out", "{folder}/y", "--max-steps", "0"],
        ["train", "vae_gan3d", "--out", "{folder}/y", "--max-steps", "9", "--schedule-steps", "8"],
        ["train", "vae_gan3d", "--preset", "nonesuch", "--help"],
        ["show", "nonesuch"],
        ["train", "vae_gan3d", "--out", "{folder}/y", "--data", "{folder}/absent"],
        ["train", "vae_gan3d", "--out", "{folder}/y", "--nonesuch", "1"],
        ["bench", "nonesuch"],
        ["data"],
        ["data", "show", "nonesuch", "-o", "{folder}/sheet.png"],
        ["data", "show", "-o", "{folder}/sheet.doc"],
        ["nonesuch"],
        ["--screenshot", "{folder}/shot.doc"],
        ["--nonesuch"],
    ],
    ids=" ".join,
)
def test_mistakes_are_one_sentence(
    here: Here, tiny: Path, photo: Path, arguments: list[str]
) -> None:
    before = set(photo.parent.iterdir())
    given = [part.format(photo=photo, folder=photo.parent) for part in arguments]
    if given[0] == "reconstruct" and "--checkpoint" not in given:
        given += ["--checkpoint", str(tiny)]
    status, out, err = here(*given)
    assert (status, out) == (1, "")
    one_sentence(err)
    assert set(photo.parent.iterdir()) == before


def spoil_card(folder: Path) -> None:
    (folder / "card.json").write_text("{not json")


def spoil_weights(folder: Path) -> None:
    (folder / "weights.safetensors").write_bytes(b"\x08" * 100)


def lose_weights(folder: Path) -> None:
    (folder / "weights.safetensors").unlink()


def lose_a_tensor(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    card["tensors"]["generator.nonesuch"] = ["float16", [3]]
    (folder / "card.json").write_text(json.dumps(card))


def change_a_shape(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    name = sorted(card["tensors"])[0]
    card["tensors"][name][1] = [1, 2, 3]
    (folder / "card.json").write_text(json.dumps(card))


def unknown_family(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "family": "nonesuch"}))


@pytest.mark.parametrize(("said", "meant"), [
    (("reconstruct", "a.png", "-o", "a.stl", "--chekpoint=x"), "mean --checkpoint?); see voxstudio reconstruct "),
    (("reconstruct", "a.png", "--ouput", "a.stl"), "Still missing: -o/--output (did you mean --output by --ouput?)"),
    (("data", "import", "x", "-o", "y", "--resoluton", 4), "(did you mean --resolution?); see voxstudio data "),
    (("train", "gan3d", "--out", "x", "--max-step", 5), "(did you mean --max-steps?); see voxstudio train --help."),
    (("train", "gan3d", "--out", "x", "--batch-sizes", 5), "(did you mean --batch-size?)"),
    (("list", "--quux"), "What is not known here: --quux; see voxstudio list --help."),
    (("--screnshot", "a.png"), "(did you mean --screenshot?)"),
])  # fmt: skip
def test_a_misspelt_option_is_told_with_what_was_meant(here: Here, said: tuple[object, ...], meant: str) -> None:
    status, _, err = here(*said)
    assert status == 1 and meant in one_sentence(err)


def test_help_tells_the_defaults_of_the_start_that_will_be_used(here: Here, tiny: Path) -> None:
    status, out, _ = here("train", "--help")
    assert status == 0 and "--max-steps" in out and "vae_gan3d" in out and "--latent-size" not in out
    for given, whose, size in (
        ((), "of the preset compact", "128 px"), (("--preset", "guided"), "of the preset guided", "96 px"),
        (("--base", tiny), f"of fine-tuning {tiny}", "64 px"),
    ):  # fmt: skip
        status, out, _ = here("train", "vae_gan3d", *given, "--help")
        words = " ".join(out.split())
        assert status == 0 and whose in words and f"encoder sees. (default: {size})" in words
        assert "--schedule-steps" in words and "--recipe-max-steps" not in words


def test_max_steps_lengthens_a_schedule_and_never_shortens_it(here: Here, tmp_path: Path) -> None:
    out = tmp_path / "run"

    def learnt(*more: object) -> tuple[int, int]:
        status, _, err = here("train", "vae_gan3d", "--out", out, "--device", "cpu", *more)
        assert status == 0, err
        return json.loads((out / "recipe.json").read_text())["max_steps"], json.loads(
            (out / "card.json").read_text()
        )["training"]["steps"]

    (tmp_path / "two.json").write_text(json.dumps({**SMALL, "max_steps": 2}))
    assert learnt("--recipe", tmp_path / "two.json", "--max-steps", 3) == (3, 3)
    assert learnt("--resume", "--max-steps", 4) == (3, 4), "what was begun keeps its schedule"
    assert learnt("--resume", "--max-steps", 5, "--recipe", tmp_path / "two.json") == (3, 5)
    assert here("list")[0] == 0
    status, text, _ = here("train", "vae_gan3d", "--out", out, "--device", "cpu", "--resume")
    assert status == 0 and "was at step 5 already" in text and "--max-steps 10" in text and "Trained" not in text
    status, text, _ = here("show", out)
    assert status == 0 and "run: Trained for 5 steps on 1,500 parametric shapes (chair)." in text
    assert json.loads(here("show", out, "--json")[1])["training"]["steps"] == 5


@pytest.mark.parametrize(
    "spoil", [spoil_card, spoil_weights, lose_weights, lose_a_tensor, change_a_shape, unknown_family]
)
def test_a_spoilt_checkpoint_is_one_sentence(
    here: Here, tiny: Path, photo: Path, monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path], None],
) -> None:  # fmt: skip
    folder = photo.parent / "library" / "spoilt"
    shutil.copytree(tiny, folder)
    spoil(folder)
    monkeypatch.setenv("VOXSTUDIO_CHECKPOINTS", str(folder.parent))
    for name in ("spoilt", folder):
        status, out, err = here("reconstruct", photo, "-o", photo.parent / "x.stl", "--checkpoint", name)
        assert (status, out) == (1, "")
        one_sentence(err)
    status, out, _ = here("list", "--json")
    assert status == 0
    assert "spoilt" in [entry["name"] for entry in json.loads(out)], "listed, with its problem"


def test_without_a_display_the_window_says_what_to_do() -> None:
    for arguments in ([], ["--screenshot", "shot.png"]):
        done = run(*arguments)
        assert done.returncode == 1
        assert "xvfb-run" in one_sentence(done.stderr)
        assert done.stdout == ""


def test_ctrl_c_saves_and_leaves_with_130(tmp_path: Path) -> None:
    out = tmp_path / "stopped"
    command = [sys.executable, str(ROOT / "main.py"), "train", "vae_gan3d", "--out", str(out), "--device", "cpu"]
    process = subprocess.Popen([*command, *OPTIONS], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert process.stderr is not None
        first = process.stderr.readline()
        assert first.startswith("step "), first
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "--resume" in err
    assert (out / "card.json").exists()


def test_resume_needs_a_run_and_remembers_one_that_never_came_to_its_first_step(here: Here, tmp_path: Path) -> None:
    train = ("train", "vae_gan3d", "--device", "cpu", "--out", tmp_path / "run")
    status, _, err = here(*train, "--resume")
    assert status == 1 and "holds no run to go on with" in err and not (tmp_path / "run").exists()

    mine = tmp_path / "mine"
    mine.mkdir()
    status, _, err = here(*train, "--data", mine, "--up", "y", "--max-steps", 1, *OPTIONS)
    assert status == 1 and str(mine) in err  # nothing to learn from yet
    for width in (1.0, 1.5, 2.0):
        trimesh.creation.box((width, 3.0, 1.0)).export(mine / f"board-{width}.obj")
    status, _, err = here(*train, "--resume")
    assert status == 0, err
    card = json.loads((tmp_path / "run" / "card.json").read_text())
    assert "mine" in card["summary"] and card["training"]["steps"] == 1


def test_the_first_words_are_quick() -> None:
    started = time.perf_counter()
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("VoxStudio ")
    assert time.perf_counter() - started < 5.0


def test_help_names_every_command(here: Here) -> None:
    status, out, _ = here("--help")
    assert status == 0
    for name in cli.COMMANDS:
        assert name in out
    status, out, _ = here("train", "vae_gan3d", "--help")
    assert status == 0
    assert "--batch-size" in out
    assert "paper-64" in out


def test_the_unforeseen_is_one_sentence_and_a_log_file(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(arguments: object) -> None:
        raise RuntimeError("the roof\nfell in")

    monkeypatch.setattr(commands, "list_command", fail)
    status, out, err = here("list", "--json")
    assert (status, out) == (1, "")
    sentence = one_sentence(err)
    assert "the roof fell in" in sentence
    log = Path(next(word for word in sentence.split() if word.endswith(".log;")).rstrip(";"))
    assert "Traceback" in log.read_text()


def test_an_interruption_is_not_an_error_report(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "list_command", interrupt)
    status, _, err = here("list")
    assert status == 130
    one_sentence(err)


def test_what_libraries_print_stays_out_of_the_json(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noisy(arguments: object) -> cli.Outcome:
        print("Warning: something deprecated")
        return cli.Outcome({"fine": True}, "fine")

    monkeypatch.setattr(commands, "list_command", noisy)
    status, out, err = here("list", "--json")
    assert status == 0
    assert json.loads(out) == {"fine": True}
    assert "deprecated" in err


def test_doctor_finds_what_is_needed_and_names_cures(here: Here, tiny: Path) -> None:
    os.environ["VOXSTUDIO_CHECKPOINTS"] = str(tiny.parent)
    try:
        status, out, _ = here("doctor", "--json")
    finally:
        del os.environ["VOXSTUDIO_CHECKPOINTS"]
    findings = json.loads(out)
    names = {finding["name"] for finding in findings}
    assert {"python", "torch", "device", "OpenGL", "display", "checkpoint tiny"} <= names
    assert status == (0 if all(f["ok"] or not f["needed"] for f in findings) else 1)
    assert all(bool(finding["cure"]) != finding["ok"] for finding in findings)


def test_a_contact_sheet(here: Here, tmp_path: Path) -> None:
    status, out, err = here("data", "show", "chair", "--count", 2, "-o", tmp_path / "sheet.png", "--json")
    assert status == 0, err
    assert json.loads(out) == {"output": str(tmp_path / "sheet.png"), "objects": 2, "left_out": []}
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert min(sheet.size) > 100
