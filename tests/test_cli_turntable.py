from __future__ import annotations

import json
from pathlib import Path

import pytest
import trimesh

from voxstudio import app
from voxstudio.core.paths import shipped
from voxstudio.data.readers import read_collection

SAMPLE = shipped("resources") / "samples" / "turntable"


def test_photos_to_a_mesh_and_to_voxels(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mesh, voxels, preview = (tmp_path / name for name in ("plane.stl", "plane.npz", "plane.png"))
    words = ["turntable", SAMPLE, "-o", mesh, "--resolution", 32, "--voxels", voxels, "--preview", preview, "--json"]
    assert app.main([str(word) for word in words]) == 0
    document = json.loads(capfd.readouterr().out)
    assert (document["photos"], document["distrusted"], document["resolution"]) == (24, [], 32)
    assert document["elevation_deg"] == pytest.approx(18, abs=3)
    read = trimesh.load_mesh(mesh)
    assert read.is_watertight and read.volume == pytest.approx(document["volume_mm3"], rel=1e-3)
    assert preview.stat().st_size > 1000
    collection = read_collection(voxels)
    assert len(collection) == 1 and collection.resolution == 32 and collection.occupancy(0).sum() > 300


def test_photos_of_unrelated_objects_make_no_shape(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    photos = sorted(SAMPLE.parent.glob("*.png"))[:9]
    words = ["-o", str(tmp_path / "x.stl"), "--resolution", "32", "--elevation", "15"]
    assert app.main(["turntable", *map(str, photos), *words]) == 1
    told = capfd.readouterr()
    assert told.out == "" and len(told.err.strip().splitlines()) == 1
    assert "The photos agree to only " in told.err and "one object through one whole turn" in told.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "x.stl", "--elevation", "95"], "between -80 and 80"),
        (["-o", "x.doc"], "x.doc does not end in a format"),
        (["-o", "x.stl", "--voxels", "x.txt"], "x.txt does not end in a format"),
        (["-o", "x.stl", "--iso", "2"], "between 0 and 1"),
        (["-o", "x.stl", "--angles", "gone.csv"], "gone.csv cannot be read"),
    ],
)
def test_mistakes_are_one_sentence(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert app.main(["turntable", str(SAMPLE), *words]) == 1
    told = capfd.readouterr().err.strip().splitlines()
    assert len(told) == 1 and said in told[0] and told[0].endswith(".")
    assert list(tmp_path.iterdir()) == []
