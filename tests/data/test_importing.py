"""Importing trees of meshes: parallel, resuming after any death, never stopped by a bad file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from mesh_files import bad_meshes, modelnet_tree, solid, write
from PIL import Image

from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.data import import_chunks, importing
from voxstudio.data.importing import Workers, import_tree
from voxstudio.data.mesh_folders import find_meshes, read_mesh_folder
from voxstudio.data.mesh_guard import Guard
from voxstudio.data.mesh_import import MOST_FACES, ImportOptions, reduced
from voxstudio.data.mesh_trees import SYNSETS, TreeMesh, find_tree
from voxstudio.data.shape_file import open_shape_file
from voxstudio.data.splits import divided, split_of

ROOT = Path(__file__).resolve().parents[2]
SMALL = ImportOptions(16)
ONE = Workers(jobs=1)


def test_a_modelnet_tree_gives_the_voxels_of_the_plain_reader(tmp_path: Path) -> None:
    tree = modelnet_tree(tmp_path / "tree")
    report = import_tree(tree, tmp_path / "m.voxdata", ImportOptions(24), ONE)
    assert report.objects == 12 and not report.problems
    shapes = open_shape_file(tmp_path / "m.voxdata")
    for split in ("train", "test"):
        plain = read_mesh_folder(tree, split, resolution=24)
        parts = [
            shapes.collection(s)
            for s in (("train", "validation") if split == "train" else ("test",))
            if len(shapes.indices(s))
        ]
        mine = {name: grid.tobytes() for part in parts for name, grid in zip(part.names, part.packed, strict=True)}
        assert mine == {name: grid.tobytes() for name, grid in zip(plain.names, plain.packed, strict=True)}
    # the mesh lies where the voxels are, turned with them
    from voxstudio.geometry.voxelize import voxelize

    for index in range(len(shapes)):
        again, voxels = voxelize(shapes.surface(index), 24), shapes.occupancy(index)
        assert (again & voxels).sum() / (again | voxels).sum() > 0.95


def test_a_shapenet_tree_is_known_by_its_synsets(tmp_path: Path) -> None:
    assert len(SYNSETS) == len(set(SYNSETS.values())) == 55
    mesh = trimesh.creation.box((1.0, 0.5, 0.4))  # wide, high, deep: y is up
    nose = trimesh.creation.box((0.2, 0.1, 0.1), trimesh.transformations.translation_matrix((0, 0, -0.25)))
    for name, synset in (("aa", "03001627"), ("bb", "03001627"), ("cc", "04090263")):
        models = tmp_path / "ShapeNetCore.v2" / synset / name / "models"
        models.mkdir(parents=True)
        both = trimesh.util.concatenate([mesh, nose])
        text = "mtllib model_normalized.mtl\nusemtl body\n" + both.export(file_type="obj", header=None)
        (models / "model_normalized.obj").write_text(text)
        (models / "model_normalized.mtl").write_text("newmtl body\nKd 1 0 0\n")
        (models / "model_normalized.json").write_text("{}")
    source = tmp_path / "ShapeNetCore.v2"
    (source / "all.csv").write_text(
        "id,synsetId,subSynsetId,modelId,split\n1,03001627,0,aa,train\n2,03001627,0,bb,val\n3,04090263,0,cc,test\n"
    )
    report = import_tree(source, tmp_path / "s.voxdata", SMALL, ONE)
    assert report.classes == {"chair": {"train": 1, "validation": 1}, "rifle": {"test": 1}}
    shapes = open_shape_file(tmp_path / "s.voxdata")
    assert shapes.names == ("aa", "bb", "cc")
    surface = shapes.surface(0)
    size = surface.bounds[1] - surface.bounds[0]
    assert np.allclose(size, (1.0, 0.5, 0.5), atol=0.01)
    front = surface.vertices[np.abs(surface.vertices[:, 1] - surface.bounds[0][1]) < 1e-3]
    assert np.abs(front[:, 0]).max() < 0.11, "the nose at -z looks to -y"
    assert surface.colors is not None and (surface.colors == (255, 0, 0)).all()
    one = find_tree(source / "03001627")
    assert [mesh.class_name for mesh in one] == ["chair", "chair"], "one class of the tree is known too"


def test_textures_become_colours_and_only_from_inside_the_tree(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:] = (10, 200, 30)
    tree = tmp_path / "tree"
    (tree / "pictures").mkdir(parents=True)
    Image.fromarray(pixels).save(tree / "pictures" / "inside.png")
    Image.fromarray(pixels).save(tmp_path / "outside.png")
    corners = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 1\nvt 0.1 0.1\nvt 0.9 0.1\nvt 0.9 0.9\nvt 0.1 0.9\n"
    faces = "f 1/1 2/2 3/3\nf 1/1 3/3 4/4\nf 1/1 2/2 4/4\nf 2/2 3/3 4/4\n"
    for name, picture in (("a", "../pictures/inside.png"), ("b", "../../outside.png"), ("c", "none.png")):
        folder = tree / "box"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.mtl").write_text(f"newmtl m\nmap_Kd {picture}\n")
        (folder / f"{name}.obj").write_text(f"mtllib {name}.mtl\n{corners}usemtl m\n{faces}")
    report = import_tree(tree, tmp_path / "t.voxdata", SMALL, ONE)
    assert report.objects == 3, "what is wrong with a picture costs the colours, not the mesh"
    shapes = open_shape_file(tmp_path / "t.voxdata")
    inside, outside = (shapes.surface(shapes.names.index(name)).colors for name in ("a", "b"))
    assert inside is not None and (inside == (10, 200, 30)).all()
    assert outside is None or not (outside == (10, 200, 30)).any()


def test_any_folders_will_do(tmp_path: Path) -> None:
    for place in ("train/chair/a.stl", "val/chair/b.stl", "test/lamp/deep/er/c.stl", "lamp/d.stl", ".hidden/e.stl"):
        write(tmp_path / "my data" / place, 0)
    write(tmp_path / "my data" / "f.stl", 0)
    write(tmp_path / "my data" / "._g.stl", 0)
    found = {mesh.name: (mesh.class_name, mesh.split) for mesh in find_tree(tmp_path / "my data")}
    assert set(found) == {"a", "b", "c", "d", "f"}
    assert (found["b"], found["c"]) == (("chair", "validation"), ("lamp", "test"))
    assert found["d"][0] == "lamp" and found["f"][0] == "my data"
    assert {mesh.name for mesh in find_tree(tmp_path / "my data", ["LAMP"])} == {"c", "d"}
    assert find_tree(tmp_path / "my data" / "f.stl")[0].name == "f"
    with pytest.raises(BadInput, match="has no class biplane; it has chair, lamp, my data"):
        find_tree(tmp_path / "my data", ["biplane"])
    (tmp_path / "nothing").mkdir()
    with pytest.raises(BadInput, match="holds no meshes"):
        find_tree(tmp_path / "nothing")


def test_small_classes_are_divided_so_that_there_is_something_to_learn_from_and_to_measure_by(tmp_path: Path) -> None:
    for count in range(1, 21):
        for tested in (True, False):
            for seed in range(40):
                splits = Counter(divided([f"{seed}-{k}" for k in range(count)], tested))
                assert splits["train"] >= 0.6 * count and sum(splits.values()) == count
                assert (splits["test"] >= 1) == (tested and count >= 5)
                assert (splits["validation"] >= 1) == (count >= (6 if tested else 5))
                assert splits["test"] <= 2 and splits["validation"] <= 1
    many = [f"object {k}" for k in range(4000)]
    assert divided(many) == [split_of(name) for name in many], "in a large class each name stands for itself"
    assert 320 < divided(many).count("test") < 480
    for name in ("a", "b", "c", "d", "e", "f", "g"):
        write(tmp_path / "cups" / f"{name}.stl", 0)
    write(tmp_path / "lamps" / "train" / "a.stl", 0)
    write(tmp_path / "lamps" / "test" / "b.stl", 0)
    found = find_tree(tmp_path)
    assert Counter(mesh.split for mesh in found if mesh.class_name == "cups") == Counter(train=5, test=1, validation=1)
    assert {mesh.name: mesh.split for mesh in found if mesh.class_name == "lamps"} == {"a": "train", "b": "test"}
    assert {mesh.name for mesh in found if mesh.split == "test"} == {
        mesh.path.stem for mesh in find_meshes(tmp_path) if mesh.split == "test"
    }


def test_y_up_is_turned_but_never_twice(tmp_path: Path) -> None:
    mesh = trimesh.creation.box((1.0, 0.8, 0.3))
    for name in ("a.stl", "b.glb"):
        (tmp_path / "tree").mkdir(exist_ok=True)
        mesh.export(tmp_path / "tree" / name)
    import_tree(tmp_path / "tree", tmp_path / "y.voxdata", SMALL, ONE, up="y")
    for index in (0, 1):
        surface = open_shape_file(tmp_path / "y.voxdata").surface(index)
        assert np.allclose(surface.bounds[1] - surface.bounds[0], (1.0, 0.3, 0.8), atol=1e-3)


def test_bad_meshes_are_listed_and_stop_nobody(tmp_path: Path) -> None:
    tree = tmp_path / "tree" / "table"
    write(tree / "good.stl", 0)
    write(tree / "gutes mesh (1) ä.obj", 1)
    expected = bad_meshes(tree)
    report = import_tree(tmp_path / "tree", tmp_path / "b.voxdata", SMALL, ONE)
    assert report.objects == 2
    told = {Path(file).name: reason for file, reason in report.problems}
    assert set(told) == set(expected)
    for name, word in expected.items():
        assert word in told[name] and told[name].endswith("."), (name, told[name])
    assert open_shape_file(tmp_path / "b.voxdata").problems == report.problems
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.voxdata", "tree"]


def test_nothing_usable_writes_nothing(tmp_path: Path) -> None:
    bad_meshes(tmp_path / "tree")
    report = import_tree(tmp_path / "tree", tmp_path / "n.voxdata", SMALL, ONE)
    assert report.objects == 0 and len(report.problems) == 11
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a mesh that never ends is a named pipe")
def test_a_mesh_that_never_ends_is_given_up(tmp_path: Path) -> None:
    write(tmp_path / "tree" / "a.stl", 0)
    os.mkfifo(tmp_path / "tree" / "monster.obj")
    write(tmp_path / "tree" / "z.stl", 1)
    report = import_tree(tmp_path / "tree", tmp_path / "g.voxdata", SMALL, Workers(jobs=1, timeout_s=10))
    assert report.objects == 2
    assert report.problems[0][0] == "monster.obj" and "given up after 10 s" in report.problems[0][1]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux alone")
def test_a_mesh_may_not_eat_the_memory(tmp_path: Path) -> None:
    trimesh.creation.icosphere(7).export(tmp_path / "large.stl")
    guard = Guard(tmp_path, SMALL, 60.0, memory_bytes=48 << 20)
    with contextlib.closing(guard):
        with pytest.raises(BadInput, match="memory|large.stl"):
            guard.import_mesh(TreeMesh("large.stl", "large", "x", "train", 0, "z"))


def test_a_crash_is_one_meshes_problem(tmp_path: Path) -> None:
    write(tmp_path / "a.stl", 0)
    guard, mesh = Guard(tmp_path, SMALL, 60.0), TreeMesh("a.stl", "a", "x", "train", 0, "z")
    with contextlib.closing(guard):
        first = guard.import_mesh(mesh)
        assert guard._child is not None
        guard._child.kill()
        guard._child.wait()
        again = guard.import_mesh(mesh)  # by a new child
    assert all((first[name] == again[name]).all() for name in first)


def test_large_meshes_are_reduced_and_keep_their_shape() -> None:
    ball = trimesh.creation.icosphere(5)  # 20,480 faces
    colors = np.where(ball.vertices[:, 2:] > 0, (255, 0, 0), (0, 0, 255)).astype(np.uint8)
    vertices, faces, kept = reduced(ball.vertices / 2, ball.faces, colors, 1000)
    assert 500 < len(faces) <= 1000 and kept is not None
    assert abs(np.linalg.norm(vertices, axis=1) - 0.5).max() < 0.01
    sure = np.abs(vertices[:, 2]) > 0.05
    assert ((kept[sure, 0] == 255) == (vertices[sure, 2] > 0)).all()
    small = trimesh.creation.icosphere(2)  # 320 faces, each given four times
    _, single, _ = reduced(small.vertices / 2, np.tile(small.faces, (4, 1)), None, 1000)
    assert len(single) == 320, "doubled faces may be all that is too much"
    rng = np.random.default_rng(0)  # a soup that no edge collapse can reduce
    soup = rng.uniform(-0.5, 0.5, (90_000, 1, 3)) + rng.normal(0, 0.001, (90_000, 3, 3))
    _, few, _ = reduced(soup.reshape(-1, 3), np.arange(270_000).reshape(-1, 3), None, 1000)
    assert 0 < len(few) <= MOST_FACES


# ---------------------------------------------------------------------------------------- many workers, many lives


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five chunks of small meshes with some bad ones among them."""
    tree = tmp_path_factory.mktemp("many") / "tree"
    for k in range(5 * import_chunks.CHUNK - 3):
        write(tree / ("table", "stool")[k % 2] / f"m{k:03d}.stl", k)
    (tree / "table" / "m000b.stl").write_bytes(b"")
    (tree / "stool" / "m050b.obj").write_text("no mesh")
    return tree


@pytest.fixture(scope="module")
def uninterrupted(many: Path) -> bytes:
    output = many.parent / "whole.voxdata"
    assert import_tree(many, output, SMALL, ONE).objects == 5 * import_chunks.CHUNK - 3
    return output.read_bytes()


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_every_backend_writes_the_same_bytes(many: Path, uninterrupted: bytes, tmp_path: Path, backend: str) -> None:
    import_tree(many, tmp_path / "x.voxdata", SMALL, Workers(2, backend))
    assert (tmp_path / "x.voxdata").read_bytes() == uninterrupted


def test_a_dask_cluster_writes_the_same_bytes(many: Path, uninterrupted: bytes, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        import_tree(many, tmp_path / "x.voxdata", SMALL, Workers(None, "dask", cluster.scheduler_address))
    assert (tmp_path / "x.voxdata").read_bytes() == uninterrupted


def test_a_cluster_that_is_not_there_is_a_sentence(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BadInput, match="Ray is not installed"):
        import_tree(many, tmp_path / "x.voxdata", SMALL, Workers(None, "ray"))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BadInput, match=r"pip install 'voxstudio\[cluster\]'"):
        import_tree(many, tmp_path / "x.voxdata", SMALL, Workers(None, "dask"))
    assert not list(tmp_path.iterdir())


def started(source: Path, output: Path, jobs: int = 1) -> subprocess.Popen[bytes]:
    command = [sys.executable, ROOT / "main.py", "data", "import", source, "-o", output, "--resolution", 16]
    words = [str(part) for part in [*command, "--jobs", jobs]]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def until(happened: Callable[[], bool], process: subprocess.Popen[bytes], patience_s: float = 100.0) -> None:
    end = time.monotonic() + patience_s
    while not happened() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    assert happened()


@pytest.mark.parametrize(("jobs", "count"), [(1, 3), (2, 2)])
def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(
    many: Path, uninterrupted: bytes, tmp_path: Path, jobs: int, count: int
) -> None:
    output = tmp_path / "killed.voxdata"
    partial = tmp_path / "killed.voxdata.partial"
    # before the first chunk, after some of them, and while they are joined
    moments: list[Callable[[], bool]] = [
        partial.exists,
        lambda: len(list(partial.glob("*.chunk"))) >= 2,
        lambda: (partial / "joined").exists() or output.exists(),
    ]
    for number, moment in enumerate(moments[:count]):
        process = started(many, output, jobs)
        until(moment, process)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        if number == 1:  # a chunk that the disk has spoilt, and a draft that was not finished
            assert not output.exists()
            first = min(partial.glob("*.chunk"))
            first.write_bytes(first.read_bytes()[:-100])
            (partial / "0.draft").write_bytes(b"half")
    process = started(many, output, jobs)
    _, told = process.communicate(timeout=100)
    assert process.returncode == 0, told
    assert output.read_bytes() == uninterrupted
    assert not partial.exists()


def test_what_was_done_is_not_done_again(many: Path, uninterrupted: bytes, tmp_path: Path) -> None:
    output = tmp_path / "again.voxdata"

    def stop(fraction: float, words: str) -> None:
        if len(list((tmp_path / "again.voxdata.partial").glob("*.chunk"))) >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_tree(many, output, SMALL, ONE, progress=stop)
    assert not output.exists()
    report = import_tree(many, output, SMALL, ONE)
    assert report.resumed >= 3 * import_chunks.CHUNK - 2 and output.read_bytes() == uninterrupted
    stamp = output.stat().st_mtime_ns
    assert import_tree(many, output, SMALL, ONE).resumed == 5 * import_chunks.CHUNK - 1
    assert output.stat().st_mtime_ns == stamp, "a finished file is left as it is"


def test_a_finished_file_is_only_replaced_on_wish(tmp_path: Path) -> None:
    write(tmp_path / "tree" / "a.stl", 0)
    output = tmp_path / "x.voxdata"
    import_tree(tmp_path / "tree", output, SMALL, ONE)
    before = output.read_bytes()
    with pytest.raises(BadInput, match="other options: name another file, or replace it with --replace"):
        import_tree(tmp_path / "tree", output, ImportOptions(24), ONE)
    write(tmp_path / "tree" / "b.stl", 1)
    with pytest.raises(BadInput, match="holds other shapes"):
        import_tree(tmp_path / "tree", output, SMALL, ONE)
    assert output.read_bytes() == before
    assert import_tree(tmp_path / "tree", output, SMALL, ONE, replace=True).objects == 2
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear aunt")
    with pytest.raises(BadInput, match="letter.txt exists and is not a file of imported shapes"):
        import_tree(tmp_path / "tree", letter, SMALL, ONE)
    assert letter.read_text() == "Dear aunt"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letter.txt", "tree", "x.voxdata"]


def test_two_imports_into_one_file(tmp_path: Path) -> None:
    write(tmp_path / "tree" / "a.stl", 0)
    output = tmp_path / "x.voxdata"
    folder = tmp_path / "x.voxdata.partial"
    with importing._locked(folder, output):
        with pytest.raises(BadInput, match=rf"The process {os.getpid()} is importing into .*x.voxdata already"):
            import_tree(tmp_path / "tree", output, SMALL, ONE)
        assert folder.exists(), "the first goes on undisturbed"
    folder.mkdir()  # what a process that died has left
    (folder / "lock").write_text("")
    (folder / "pid").write_text("1")
    assert import_tree(tmp_path / "tree", output, SMALL, ONE).objects == 1
    assert not folder.exists()


def test_a_full_disk_is_a_sentence_and_loses_nothing(
    many: Path, uninterrupted: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "full.voxdata"
    whole = importing.keep_chunk
    kept: list[str] = []

    def keep(folder: Path, key: str, data: bytes) -> None:
        if len(kept) == 2:
            raise OSError(28, "No space left on device")
        kept.append(key)
        whole(folder, key, data)

    monkeypatch.setattr(importing, "keep_chunk", keep)
    with pytest.raises(CannotWrite, match="The disk is full: free some space and give the same command again"):
        import_tree(many, output, SMALL, ONE)
    monkeypatch.undo()
    assert import_tree(many, output, SMALL, ONE).resumed > import_chunks.CHUNK
    assert output.read_bytes() == uninterrupted


def test_a_chunk_is_known_by_all_that_it_was_made_from(tmp_path: Path) -> None:
    path = write(tmp_path / "a.stl", 0)
    mesh = TreeMesh("a.stl", "a", "x", "train", 0, "z")

    def key(mesh: TreeMesh = mesh, label: int = 0, options: ImportOptions = SMALL) -> str:
        return import_chunks.key_of(tmp_path, [mesh], [label], options)

    keys = [
        key(),
        key(label=1),
        key(options=ImportOptions(24)),
        key(mesh._replace(split="test")),
        key(mesh._replace(up="y")),
    ]
    os.utime(path, ns=(1, 1))
    keys.append(key())
    path.unlink()
    keys.append(key())
    assert len(set(keys)) == len(keys)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts open files as Linux does")
def test_many_chunks_join_without_many_open_files(tmp_path: Path) -> None:
    import resource

    write(tmp_path / "a.stl", 0)
    mesh = TreeMesh("a.stl", "a", "x", "train", 0, "z")
    try:
        data = import_chunks.import_chunk(tmp_path, [mesh], [0], SMALL, 60.0)
    finally:
        import_chunks.close_guards()
    keys = [f"{k:04d}" for k in range(120)]
    for key in keys:
        import_chunks.keep_chunk(tmp_path, key, data)
    about = {"class_names": ["x"], "resolution": 16, "title": "", "terms": "", "plan": ""}
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (max(int(path.name) for path in Path("/proc/self/fd").iterdir()) + 40, allowed[1])
    )
    try:
        count, problems = import_chunks.join_chunks(tmp_path, keys, about, tmp_path / "x.voxdata")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, allowed)
    assert (count, problems) == (120, [])
    shapes = open_shape_file(tmp_path / "x.voxdata")
    assert (shapes.occupancy(0) == shapes.occupancy(119)).all()
    assert shapes.surface(119).faces.tobytes() == shapes.surface(0).faces.tobytes()
    assert solid(0).faces.shape == shapes.surface(0).faces.shape
