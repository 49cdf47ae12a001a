"""``voxstudio data import`` and what reads its file, as a person uses them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import trimesh
from command_line import OPTIONS, Here, command, in_process, run
from PIL import Image

from voxstudio import app
from voxstudio.data.parametric import make
from voxstudio.data.shape_file import open_shape_file


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str]) -> Here:
    """Run a command in this process: exit status, standard output, standard error."""
    return in_process(capfd)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ModelNet tree of chairs and sofas, and a file that is no mesh."""
    root = tmp_path_factory.mktemp("data") / "My shapes"
    for name in ("chair", "sofa"):
        for k in range(4):
            surface = make(name, k).surface(20)
            path = root / name / ("test" if k == 3 else "train") / f"{name}-{k}.off"
            path.parent.mkdir(parents=True, exist_ok=True)
            trimesh.Trimesh(surface.vertices, surface.faces, process=False).export(path)
    (root / "sofa" / "train" / "broken.off").write_text("OFF\n3 1 0\n0 0")
    return root


@pytest.fixture(scope="module")
def file(tree: Path) -> Path:
    target = tree.parent / "all.voxdata"
    assert app.main(["data", "import", str(tree), "-o", str(target), "--resolution", "32", "--jobs", "1"]) == 0
    return target


def test_import_show_train_and_evaluate_as_a_person_does(here: Here, tree: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.voxdata"
    done = run("data", "import", tree, "-o", file, "--resolution", 32, "--jobs", 2, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["objects"] == 8 and document["bytes"] == file.stat().st_size
    assert [problem["file"] for problem in document["problems"]] == ["sofa/train/broken.off"]
    told = f"voxstudio: 1 of the 9 meshes of {tree} was left out: sofa/train/broken.off is damaged"
    assert done.stderr.startswith(told) and len(done.stderr.strip().splitlines()) == 1
    assert {split for splits in document["classes"].values() for split in splits} >= {"train", "test"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.voxdata"]

    assert here("data", "show", file, "-o", tmp_path / "sheet.png", "--count", 3)[0] == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert len(sheet.convert("RGB").getcolors(1 << 24)) > 100

    out = tmp_path / "fresh"
    status, _, err = here("train", "vae_gan3d", "--out", out, "--data", file, "--max-steps", 2, *OPTIONS)
    assert status == 0, err
    source = json.loads((out / "card.json").read_text())["data"]["sources"][0]
    chairs = open_shape_file(file, ["chair"]).indices("train")
    assert (source["title"], source["objects"], source["resolution"]) == ("My shapes", len(chairs), 32)

    from voxstudio.lab.evaluate import evaluate  # what the command calls, on fewer objects

    metrics = evaluate(out, file, "cpu", objects=1, noise=0)["metrics"]
    assert metrics["measured"]["real_objects"] == 1


def test_the_answer_to_a_person_lists_what_is_bad(here: Here, tree: Path, tmp_path: Path) -> None:
    status, out, err = here("data", "import", tree, "-o", tmp_path / "x.voxdata", "--resolution", 16, "--jobs", 1)
    assert status == 0
    assert "holds 8 objects at 16^3" in out and "1 of the 9 meshes" in err
    assert f"{out}{err}".count("sofa/train/broken.off is damaged") == 1, "told, and told once"
    again = here("data", "import", tree, "-o", tmp_path / "x.voxdata", "--resolution", 16, "--jobs", 1, "--json")
    assert again[0] == 0 and json.loads(again[1])["resumed"] == 9


def test_a_sheet_of_a_folder_draws_the_good_and_lists_the_bad(here: Here, tree: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "s.png"
    status, out, err = here("data", "show", tree, "-o", sheet, "--json")
    assert status == 0, err
    document = json.loads(out)
    assert document["objects"] == 8 and [row["file"] for row in document["left_out"]] == ["sofa/train/broken.off"]
    assert err.startswith(f"voxstudio: 1 of the 9 meshes of {tree} was left out: sofa/train/broken.off is")
    with Image.open(sheet) as picture:
        assert picture.size == (6 * 206 + 6, 2 * 226 + 6)

    (tree / "sofa" / "train" / "empty.stl").write_bytes(b"")
    try:
        status, out, err = here("data", "show", tree, "-o", sheet, "--count", 2)
        assert status == 0 and "2 objects" in out, "another one is drawn in place of a bad one"
        status, out, err = here("data", "show", tree, "-o", sheet)
        assert "2 of the 10 meshes of " in err and "were left out; the first: " in err
        assert "  sofa/train/empty.stl is empty" in out and "  sofa/train/broken.off is " in out
    finally:
        (tree / "sofa" / "train" / "empty.stl").unlink()

    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.obj").write_text("nothing")
    status, out, err = here("data", "show", tmp_path / "bad", "-o", tmp_path / "none.png")
    assert status == 1 and err.startswith(
        f"voxstudio: The only mesh of {tmp_path / 'bad'} cannot be used: a.obj holds "
    )
    assert not (tmp_path / "none.png").exists()


def test_nothing_usable_is_a_failure_that_lists_why(here: Here, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    for name in ("a.obj", "b.stl"):
        (tmp_path / "tree" / name).write_text("nothing")
    status, out, err = here("data", "import", tmp_path / "tree", "-o", tmp_path / "x.voxdata", "--json", "--jobs", 1)
    assert status == 1 and len(json.loads(out)["problems"]) == 2
    assert len(err.strip().splitlines()) == 1 and err.startswith("voxstudio: None of the 2 meshes of ")
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{tree}/none"], "does not exist"),
        (["{tmp}"], "holds no meshes"),
        (["{tree}", "--classes", "biplane"], "no class biplane; it has chair, sofa"),
        (["{tree}", "--resolution", "4"], "between 8 and 256, not 4"),
        (["{tree}", "--resolution", "large"], "must be a whole number"),
        (["{tree}", "--jobs", "0"], "1 to 4096 workers, not 0"),
        (["{tree}", "--faces", "1"], "50 to 20,000 triangles"),
        (["{tree}", "--views", "-1"], "0 to 360"),
        (["{tree}", "--timeout", "0"], "above 0"),
        (["{tree}", "-o", "{tmp}"], "is a folder"),
        (["{tree}", "-o", "{tmp}/no/such/x.voxdata"], "does not exist: create it"),
        (["{tree}", "-o", "{tree}/sofa/train/broken.off"], "is not a file of imported shapes"),
        (["{tree}", "--backend", "dask", "--address", "tcp://127.0.0.1:9"], "No Dask cluster at tcp://127.0.0.1:9"),
    ],
)
def test_mistakes_are_one_sentence(here: Here, tree: Path, tmp_path: Path, arguments: list[str], words: str) -> None:
    given = [word.format(tree=tree, tmp=tmp_path) for word in arguments]
    if "-o" not in given:
        given += ["-o", str(tmp_path / "x.voxdata")]
    status, out, err = here("data", "import", *given)
    assert (status, out) == (1, ""), err
    assert len(err.strip().splitlines()) == 1 and err.startswith("voxstudio: ") and "Traceback" not in err, err
    assert words in err
    assert not list(tmp_path.iterdir()), "nothing is left behind"


def test_damaged_files_are_one_sentence_everywhere(here: Here, file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    for name, data in {"cut": whole[:-5000], "header": whole[:40] + b"?" + whole[41:], "short": whole[:9]}.items():
        bad = tmp_path / f"{name}.voxdata"
        bad.write_bytes(data)
        for given in (
            ["data", "show", bad, "-o", tmp_path / "s.png"],
            ["train", "vae_gan3d", "--out", tmp_path / "out", "--data", bad, "--max-steps", 1, *OPTIONS],
        ):
            status, out, err = here(*given)
            assert (status, out) == (1, ""), given
            assert len(err.strip().splitlines()) == 1 and str(bad) in err and "import it again" in err, err


def test_a_file_without_the_models_class_is_one_sentence(here: Here, file: Path, tmp_path: Path) -> None:
    wanted = ["--classes", "lamp,table"]
    status, _, err = here("train", "vae_gan3d", "--out", tmp_path / "o", "--data", file, "--max-steps", 1, *wanted)
    assert status == 1 and len(err.strip().splitlines()) == 1 and "Traceback" not in err


@pytest.fixture(scope="module")
def balls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough meshes for an import to be broken off."""
    folder = tmp_path_factory.mktemp("balls") / "tree"
    folder.mkdir()
    mesh = trimesh.creation.icosphere(3)
    for k in range(240):
        points = mesh.vertices * np.array([1, 1 + k / 100, 1])
        trimesh.Trimesh(points, mesh.faces, process=False).export(folder / f"m{k:03d}.stl")
    return folder


def broken_off(tree: Path, file: Path, kind: signal.Signals, when: str, wait_s: float = 0.0) -> None:
    """Import until ``when`` exists in the partial folder and some more, then signal the whole group, as a terminal."""
    given = command("data", "import", tree, "-o", file, "--jobs", 2)
    process = subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    end = time.monotonic() + 90
    while not list(file.parent.glob(f"{file.name}.partial/{when}")) and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(wait_s)
    os.killpg(process.pid, kind)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    # Nothing else: no traceback of a worker that is just being born, no warning of what clears up after it.
    assert [line for line in err.splitlines() if "% " not in line] == [
        f"voxstudio: Stopped; the same command goes on with {file}."
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is a signal")
def test_ctrl_c_is_one_sentence_and_the_same_command_goes_on(balls: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.voxdata"
    broken_off(balls, file, signal.SIGINT, "*.chunk")
    done = run("data", "import", balls, "-o", file, "--jobs", 2, "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["resumed"] >= 16


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is a signal")
def test_ctrl_c_while_workers_are_born_and_a_request_to_end_are_the_same_sentence(balls: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.voxdata"
    for wait_s in (0.05, 0.2, 0.4):
        broken_off(balls, file, signal.SIGINT, "pid", wait_s)
    broken_off(balls, file, signal.SIGTERM, "pid", 0.3)
    broken_off(balls, file, signal.SIGTERM, "*.chunk")
