"""sample, sweep, interpolate and invert as a person uses them: same bytes, good files, one sentence for mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from command_line import Here, in_process
from PIL import Image
from tiny import tiny_checkpoint

from voxstudio.core.errors import Cancelled
from voxstudio.core.paths import shipped
from voxstudio.lab import sweeps

FURNITURE = ["--checkpoint", "furniture-conditional", "--label", "sofa"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("latents") / "tiny")


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    """Run a command in this process, in an empty folder: exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    return in_process(capfd)


def done(result: tuple[int, str, str]) -> str:
    assert result[0] == 0, result[2]
    return result[1]


def mesh_of(name: str) -> trimesh.Trimesh:
    return trimesh.load_mesh(name)


def test_sheets_series_and_codes_repeat_to_the_byte(here: Here) -> None:
    for name in ("a", "b"):
        done(here("sample", "sofa", "-o", f"{name}.png", "--count", 2, "--seed", 4))
        done(here("sample", "sofa", "-o", f"{name}.stl", "--count", 2, "--seed", 4))
        done(here("sample", "sofa", "-o", f"{name}-code.stl", "--seed", 4, "--code", "z:0=2", "--code", "z:1=-2"))
    for end in (".png", "-0001.stl", "-0002.stl", "-code.stl"):
        assert Path(f"a{end}").read_bytes() == Path(f"b{end}").read_bytes(), end
    assert len({Path(f"a{end}").read_bytes() for end in ("-0001.stl", "-0002.stl", "-code.stl")}) == 3
    assert Image.open("a.png").size[0] == 2 * 206 + 6
    document = json.loads(done(here("sample", "sofa", "-o", "c.stl", "--seed", 4, "--json")))
    assert (document["seed"], document["label"]) == (4, "sofa")
    assert Path("c.stl").read_bytes() == Path("a-0001.stl").read_bytes()


def test_a_path_is_shown_in_every_format(here: Here) -> None:
    common = [1, 2, *FURNITURE, "--size", 96, "--frames", 4]
    for suffix in (".gif", ".mp4", ".glb", ".obj"):
        document = json.loads(done(here("interpolate", *common, "-o", f"p{suffix}", "--json")))
        assert document["frames"] == 4 and [Path(name).exists() for name in document["output"]] == [True] * (
            4 if suffix == ".obj" else 1
        )
        before = [Path(name).read_bytes() for name in document["output"]]
        done(here("interpolate", *common, "-o", f"p{suffix}"))
        assert [Path(name).read_bytes() for name in document["output"]] == before, suffix
    done(here("sample", "sofa", "-o", "end.obj", "--seed", 2))
    assert mesh_of("p-0004.obj").volume == pytest.approx(mesh_of("end.obj").volume, rel=1e-5), "it ends at the key"
    with Image.open("p.gif") as gif:
        assert gif.n_frames == 4


def test_latents_are_keyframes_and_terms(here: Here) -> None:
    done(here("sample", "sofa", "-o", "a.obj", "--seed", 7, "--latent", "a.json"))
    sheet = ["interpolate", "--arithmetic", *FURNITURE, "--size", 96]
    done(here(*sheet, 7, 8, 8, "-o", "same.obj", "--latent", "sum.json"))
    assert mesh_of("same.obj").volume == pytest.approx(mesh_of("a.obj").volume, rel=0.05), "A - B + B is nearly A"
    done(here(*sheet, "a.json", 8, 9, "-o", "terms.png"))
    assert Image.open("terms.png").size[0] == 4 * 102 + 6
    done(here(*sheet, 7, 8, 9, "-o", "way.gif", "--frames", 3))
    done(here("interpolate", "a.json", "sum.json", *FURNITURE, "-o", "p.obj", "--frames", 2))
    assert Path("p-0001.obj").stat().st_size > 1000


def test_a_shape_is_found_again_and_its_latent_leads_on(here: Here) -> None:
    done(here("sample", "sofa", "-o", "sofa.stl", "--seed", 3))
    words = ["invert", "sofa.stl", *FURNITURE, "--budget", 48, "--facing", 0, "--json"]
    document = json.loads(done(here(*words, "-o", "found.stl", "--latent", "f.json", "--curve", "curve.png")))
    assert document["iou"] > max(0.85, document["start_iou"]) and document["decoded"] <= 48
    assert document["label"] == "sofa" and document["iou_by_decoded"][-1][1] == document["iou"]
    first = Path("found.stl").read_bytes(), Path("curve.png").read_bytes(), Path("f.json").read_bytes()
    done(here(*words, "-o", "found.stl", "--latent", "f.json", "--curve", "curve.png"))
    assert first == (Path("found.stl").read_bytes(), Path("curve.png").read_bytes(), Path("f.json").read_bytes())
    done(here("interpolate", 3, "f.json", *FURNITURE, "-o", "p.obj", "--frames", 2))
    picture = next(iter(sorted((shipped("resources") / "samples").glob("sofa-*.png"))))
    document = json.loads(done(here("invert", picture, *FURNITURE, "-o", "q.stl", "--budget", 24, "--json")))
    assert document["origin"] == "picture" and document["iou"] > 0.2


def test_a_strip_shows_one_code(here: Here) -> None:
    strip = ["sweep", "z:3", *FURNITURE, "--frames", 3, "--size", 96]
    document = json.loads(done(here(*strip, "-o", "s.png", "--from", -2, "--to", 2, "--json")))
    assert document["values"] == [-2, 0, 2] and len(document["attributes"]["width"]) == 3
    assert Image.open("s.png").size[0] == 3 * 102 + 6
    before = Path("s.png").read_bytes()
    done(here(*strip, "-o", "s.png", "--from", -2, "--to", 2))
    assert Path("s.png").read_bytes() == before
    done(here(*strip, "-o", "s.gif"))


def test_all_codes_are_labelled_kept_and_written_into_a_card(
    here: Here, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "reader_for", lambda *a, **k: None)  # fitting one takes longer than all else here
    words = ["sweep", "--checkpoint", tiny, "--shapes", 20]
    out = done(here(*words, "-o", "labels.json", "--card"))
    assert "z:0" in out and "n = " in out
    document = json.loads(Path("labels.json").read_text())
    card = json.loads((tiny / "card.json").read_text())
    assert document["sha256"] == card["sha256"] and len(document["labels"]) == 16
    assert card["metrics"]["controls"][""] == document and "best_code_r" in card["metrics"]


def test_directions_are_found_kept_and_swept(here: Here, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from voxstudio.lab import directions

    monkeypatch.setattr(directions, "reader_for", lambda *a, **k: None)
    for name, count in (("SAMPLES", 40), ("FIND", 10), ("CHECK", 10), ("COUNT", 3)):
        monkeypatch.setattr(directions, name, count)
    status, _, err = here("sweep", "direction:1", "-o", "d.png", "--checkpoint", tiny)
    assert status == 1 and "find them with voxstudio sweep --directions" in err
    out = done(here("sweep", "--directions", "--layer", "latent", "--checkpoint", tiny))
    assert "Direction 1" in out and out.count("n = ") == 3
    done(here("sweep", "direction:2", "-o", "d.png", "--checkpoint", tiny, "--iso", 0.2, "--frames", 3))
    status, _, err = here("sweep", "direction:4", "-o", "d.png", "--checkpoint", tiny)
    assert status == 1 and "direction:1 to direction:3" in err


MISTAKES = [
    (["sample", "-o", "x.obj", "--seed", "abc"], "--seed must be a whole number, not 'abc'"),
    (["sample", "-o", "x.obj", "--seed", "-3"], "A seed is a whole number from 0"),
    (["sample", "-o", "x.obj", "--seed", "9" * 30], "A seed is a whole number from 0"),
    (["sample", "-o", "x.obj", "--code", "z:0=9"], "z:0 lies from -4 to 4, not at 9"),
    (["sample", "-o", "x.obj", "--code", "w=1"], "There is no code 'w'"),
    (["sample", "-o", "x.obj", "--code", "z:0"], "--code takes NAME=VALUE"),
    (["sample", "-o", "x.obj", "--code", "z:0=high"], "--code takes NAME=VALUE"),
    (["sample", "-o", "x.obj", "--count", "0"], "--count lies between 1 and 400"),
    (["sample", "-o", "x.obj", "--count", "2", "--latent", "x.json"], "are for one object"),
    (["sample", "-o", "x.gif"], "x.gif does not end in a format"),
    (["sample", "toaster", "-o", "x.obj"], "not 'toaster'"),
    (["interpolate", "1", "-o", "x.gif"], "at least two keyframes"),
    (["interpolate", "1", "abc", "-o", "x.gif"], "'abc' is neither a seed"),
    (["interpolate", "1", "2", "-o", "x.avi"], "x.avi does not end in a format"),
    (["interpolate", "1", "2", "-o", "gone/x.gif"], "does not exist"),
    (["interpolate", "1", "2", "-o", "x.gif", "--frames", "1"], "at least 2 frames"),
    (["interpolate", "1", "2", "-o", "x.gif", "--frames", "5000"], "1 to 1,200 frames"),
    (["interpolate", "1", "2", "-o", "x.gif", "--fps", "0"], "1 to 60 frames a second"),
    (["interpolate", "1", "2", "-o", "x.gif", "--beside"], "imagines no image"),
    (["interpolate", "1", "2", "-o", "x.gif", "--iso", "2"], "between 0 and 1"),
    (["interpolate", "1", "2", "-o", "x.gif", "--arithmetic"], "three keys"),
    (["interpolate", "1", "2", "-o", "x.gif", "--latent", "x.json"], "--arithmetic"),
    (["sweep", "z:0"], "Name the file"),
    (["sweep", "z:0", "-o", "x.png", "--from", "-9", "--to", "1"], "z:0 lies from -4 to 4, not at -9"),
    (["sweep", "z:0", "-o", "x.png", "--from", "1"], "belong together"),
    (["sweep", "z:0", "-o", "x.png", "--from", "nan", "--to", "1"], "are numbers"),
    (["sweep", "z:0", "-o", "x.png", "--frames", "1"], "2 to 500 frames"),
    (["sweep", "z:0", "-o", "x.png", "--card"], "are for all codes"),
    (["sweep", "z:900", "-o", "x.png"], "There is no code 'z:900'"),
    (["sweep", "--shapes", "3"], "--shapes lies between"),
    (["sweep", "-o", "x.png"], "x.png does not end in a format"),
    (["invert", "gone.obj", "-o", "x.obj"], "gone.obj cannot be read"),
    (["invert", "gone.obj", "-o", "x.obj", "--budget", "3"], "--budget lies between 24"),
    (["invert", "gone.obj", "-o", "x.obj", "--curve", "x.jpg"], "x.jpg does not end in a format"),
    (["invert", "gone.obj", "-o", "x.obj", "--label", "toaster"], "not 'toaster'"),
]


@pytest.mark.parametrize(("words", "said"), MISTAKES, ids=[" ".join(words)[:60] for words, _ in MISTAKES])
def test_mistakes_are_one_sentence_and_write_nothing(here: Here, tmp_path: Path, words: list[str], said: str) -> None:
    status, out, err = here(*words)
    told = [line for line in err.strip().splitlines() if line]
    assert (status, out) == (1, "")
    assert len(told) == 1 and said in told[0] and told[0].endswith("."), err
    assert list(tmp_path.iterdir()) == []


def test_keyframes_of_another_checkpoint_are_refused(here: Here, tiny: Path) -> None:
    done(here("sample", "sofa", "-o", "a.obj", "--latent", "a.json"))
    status, _, err = here("interpolate", 1, "a.json", "--checkpoint", tiny, "-o", "x.gif")
    assert status == 1 and "belongs to the checkpoint furniture-conditional, not to tiny" in err
    done(here("sample", "lamp", "-o", "b.obj", "--latent", "b.json"))
    status, _, err = here("interpolate", "a.json", "b.json", "-o", "x.gif")
    assert status == 1 and "different classes (lamp, sofa)" in err
    status, _, err = here("sample", "toaster", "--checkpoint", tiny, "-o", "x.obj")
    assert status == 1 and "makes chair and cannot be told which" in err and not Path("x.gif").exists()


def test_who_cancels_loses_nothing(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    done(here("sample", "sofa", "-o", "p.gif.obj"))
    Path("p.gif").write_bytes(b"before")

    def cancel(*arguments: object, **options: object) -> None:
        raise Cancelled

    monkeypatch.setattr("voxstudio.geometry.animation.picture_from", cancel)
    status, out, err = here("interpolate", 1, 2, *FURNITURE, "-o", "p.gif", "--frames", 3)
    assert (status, out) == (130, "") and "Interrupted" in err
    assert Path("p.gif").read_bytes() == b"before" and len(list(Path().iterdir())) == 2
    monkeypatch.setattr("voxstudio.evaluation.code_labels.measure", cancel)
    monkeypatch.setattr(sweeps, "reader_for", lambda *a, **k: None)
    assert here("sweep", *FURNITURE, "-o", "l.json", "--shapes", 20)[0] == 130 and not Path("l.json").exists()


def test_the_nearest_training_shape_is_told(here: Here, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voxstudio.lab.nearest.PARAMETRIC", 4)
    grids = np.random.default_rng(0).uniform(size=(5, 32, 32, 32)) < 0.3
    np.savez(
        "real.npz", voxels=np.packbits(grids.reshape(5, -1), axis=1), shape=np.array([32] * 3),
        labels=np.zeros(5, np.uint8), classes=np.array(["chair"]), names=np.array([f"c{k}" for k in range(5)]),
    )  # fmt: skip
    words = ["sample", "-o", "x.stl", "--checkpoint", tiny, "--iso", 0.2, "--nearest", "--data", "real.npz", "--json"]
    found = json.loads(done(here(*words)))["nearest"]
    assert found["name"].startswith(("c", "chair-")) and not found["memorised"] and found["shapes"] >= 5
    assert json.loads(done(here(*words)))["nearest"] == found, "from the cache"
