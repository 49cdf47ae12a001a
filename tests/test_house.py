"""The house holds: floors in fact, declared dependencies, README, sizes, and nothing of one machine in the tree."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "PySide6", "pyvista", "pyvistaqt", "vtkmodules", "vtk", "matplotlib", "lightning")
MIB = 1024 * 1024


def tracked() -> list[Path]:
    """The project's files: those that git knows or, in an unpacked archive, those that are there."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode == 0:
        return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]
    made = {"__pycache__", "build", "dist"}
    files = [file for file in ROOT.rglob("*") if file.is_file()]
    parts = {file: file.relative_to(ROOT).parts for file in files}
    return [file for file in files if not made & set(parts[file]) and not any(part[0] == "." for part in parts[file])]


def python_files(folder: str = "voxstudio") -> list[Path]:
    return [file for file in tracked() if file.suffix == ".py" and file.is_relative_to(ROOT / folder)]


def module_name(file: Path) -> str:
    parts = list(file.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def loaded_after(statement: str) -> set[str]:
    """The heavy packages that are loaded after ``statement`` in a new interpreter."""
    code = f"{statement}\nimport sys, json\nprint(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


# ------------------------------------------------------------------------------------------------- floors in fact


@pytest.mark.parametrize("module", ["voxstudio", "voxstudio.session", "voxstudio.cli", "voxstudio.app"])
def test_what_starts_first_loads_nothing_heavy(module: str) -> None:
    assert loaded_after(f"import {module}") == set()


def test_the_python_face_loads_no_torch_and_no_qt() -> None:
    assert not loaded_after("import voxstudio; voxstudio.open") & {"torch", "PySide6", "pyvistaqt"}


def test_listing_the_families_loads_no_torch() -> None:
    code = "from voxstudio.families import families\nfor one in families().values(): one.recipe_class().options()"
    assert loaded_after(code) == set()


def test_the_floors_of_geometry_and_data_load_no_torch_and_no_qt() -> None:
    named = [module_name(file) for floor in ("core", "geometry", "data") for file in python_files(f"voxstudio/{floor}")]
    loaded = loaded_after("\n".join(f"import {name}" for name in named if name != "voxstudio.data.batches"))
    assert not loaded & {"torch", "PySide6", "pyvistaqt"}


# ------------------------------------------------------------------------------------------------- dependencies


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = list(project["dependencies"])
    for extra, names in project.get("optional-dependencies", {}).items():
        lines += names if extra != "dev" else []
    return {canonical(re.split(r"[ ;<>=!~\[]", line, maxsplit=1)[0]) for line in lines}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


OPTIONAL = {"ray"}
"""What a person may install beside the program; where it is missing, a sentence says so."""


def third_party_imports(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    # A package whose files are read without importing it.
    names |= set(re.findall(r'find_spec\("(\w+)"\)', file.read_text()))
    return names - set(sys.stdlib_module_names) - {"voxstudio", "__future__"} - OPTIONAL


def test_every_import_is_a_declared_dependency() -> None:
    owners = importlib.metadata.packages_distributions()
    wanted = {name: file.name for file in python_files() for name in third_party_imports(file)}
    missing = {
        name: file
        for name, file in wanted.items()
        if not {canonical(owner) for owner in owners.get(name, [])} & (declared() | {"shiboken6"})
    }
    assert missing == {}, "imported, but not in pyproject.toml's dependencies"


def test_every_declared_dependency_is_imported() -> None:
    owners = importlib.metadata.packages_distributions()
    used = {canonical(owner) for file in python_files() for name in third_party_imports(file) for owner in owners[name]}
    assert declared() - used == set(), "in pyproject.toml's dependencies, but imported nowhere"


def test_the_constraints_pin_every_dependency_once_and_name_no_place() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", line) for line in lines)
    pinned = [canonical(line.split("==")[0]) for line in lines]
    assert len(pinned) == len(set(pinned))
    assert declared() <= set(pinned)


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="the script installs on Debian and Ubuntu only")
def test_missing_system_libraries_are_named_in_a_line_to_run() -> None:
    env = {**os.environ, "VOXSTUDIO_NO_SYSTEM": "1", "VOXSTUDIO_EXTRA": "libvoxstudio-missing"}
    script = ["bash", "scripts/system_libs.sh", "window", "tests"]
    run = subprocess.run(script, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0
    (line,) = [line for line in run.stderr.splitlines() if "apt-get install" in line]
    assert line.strip().startswith("sudo apt-get update && sudo apt-get install ")
    assert "libvoxstudio-missing" in line.split()
    env["VOXSTUDIO_EXTRA"] = ""
    run = subprocess.run(script, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", ""), "the tests run, so nothing can be missing"


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="the script knows the names of Debian's packages")
def test_the_doctor_prescribes_what_the_setup_installs() -> None:
    from voxstudio.lab import doctor

    named = {word for word in doctor.LIBRARIES.split() if word.startswith("lib")}
    script = (ROOT / "scripts" / "system_libs.sh").read_text()
    (window,) = re.findall(r'^window="([^"]+)"', script, re.M)
    assert named == {word for word in window.split() if word.startswith("lib")}


# ------------------------------------------------------------------------------------------------- README


README = (ROOT / "README.md").read_text()


def test_the_make_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.M))
    assert {"run", "test"} <= named <= targets


def readme_commands() -> dict[str, set[str]]:
    """Subcommand to the options that the README names for it; the window's own command is ``""``."""
    commands: dict[str, set[str]] = {}
    for line in re.findall(r"(?:^|`)(?:\.venv/bin/)?voxstudio( [^`\n]*)?(?=`|$)", README, re.M):
        words = [word.strip("[],") for word in shlex.split(line.replace("\\|", "/"), posix=False)]
        first = words[0] if words and re.fullmatch("[a-z]+", words[0]) else ""
        if first == "data":  # its actions have options of their own
            first = " ".join(words[:2])
        commands.setdefault(first, set()).update(re.findall(r"(?<!\w)--?[a-z][a-z-]*", line))
    return commands


def test_the_readme_names_every_command() -> None:
    run = subprocess.run([sys.executable, "main.py", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    there = set(re.findall(r"^    ([a-z]+)\b", run.stdout, re.M))
    assert {"list", "reconstruct", "doctor", "evaluate", "train", "bench", "data"} <= there
    assert there <= {command.split(" ")[0] for command in readme_commands()}


@pytest.mark.parametrize("command", sorted(readme_commands()))
def test_the_commands_and_options_of_the_readme_exist(command: str) -> None:
    words = command.split()
    words += {"train": ["vae_gan3d"]}.get(command, [])
    run = subprocess.run(
        [sys.executable, "main.py", *words, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    missing = {option for option in readme_commands()[command] if option not in run.stdout}
    assert missing == set()


def test_the_files_and_folders_of_the_readme_exist() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    named = [target for target in targets if not (ROOT / target).exists()]
    assert named == []


def test_the_papers_of_the_readme_are_the_folders_of_the_tree() -> None:
    named = set(re.findall(r"\(voxstudio/families/([a-z0-9_]+)\)", README))
    there = {file.parent.name for file in python_files("voxstudio/families") if file.name == "family.py"}
    assert named == there


def test_the_changelog_knows_this_version() -> None:
    import voxstudio

    assert f"\n## {voxstudio.__version__}\n" in (ROOT / "CHANGELOG.md").read_text()


# ------------------------------------------------------------------------------------------------- the tree


def text_of(file: Path) -> str:
    data = file.read_bytes()
    return "" if b"\0" in data[:4096] else data.decode("utf-8", "replace")


def test_no_file_names_a_place_on_one_machine() -> None:
    # Spelled so that this line does not find itself.
    pattern = re.compile("/" + r"(?:work|farm|root|home/[a-z]+)/[A-Za-z.]|[A-Z]:\\Users\\[a-z]")
    found = [str(file.relative_to(ROOT)) for file in tracked() if pattern.search(text_of(file))]
    assert found == []


def test_a_source_file_is_about_one_thing() -> None:
    lengths = {file.relative_to(ROOT).as_posix(): text_of(file).count("\n") for file in python_files()}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_test_files_have_names_of_their_own_and_mirror_the_package() -> None:
    files = [file for file in python_files("tests") if file.name.startswith("test_")]
    names = [file.name for file in files]
    assert len(names) == len(set(names))
    folders = {file.relative_to(ROOT / "tests").parts[0] for file in files if file.parent != ROOT / "tests"}
    assert folders <= {folder.name for folder in (ROOT / "voxstudio").iterdir() if folder.is_dir()}


def test_no_test_is_skipped_by_hand() -> None:
    # Spelled so that this line does not find itself. What a device lacks is a condition: skipif with its reason.
    pattern = re.compile(r"pytest\.mark\.(?:skip|xfail)\b|pytest\.xfail\(|mark\.skip\(")
    found = [file.name for file in python_files("tests") if file != Path(__file__) and pattern.search(text_of(file))]
    assert found == []


# ------------------------------------------------------------------------------------------------- what is shipped


def shipped_files(folder: str) -> list[Path]:
    return [file for file in tracked() if file.is_relative_to(ROOT / folder)]


def test_checkpoints_stay_small() -> None:
    sizes = {str(file.relative_to(ROOT)): file.stat().st_size for file in shipped_files("checkpoints")}
    assert {name: size for name, size in sizes.items() if size > 8 * MIB} == {}
    assert sum(sizes.values()) <= 48 * MIB


def test_checkpoints_hold_their_three_files_and_an_encoder_has_its_collection() -> None:
    folders: dict[str, set[str]] = {}
    for file in shipped_files("checkpoints"):
        folders.setdefault(file.parent.name, set()).add(file.name)
    three = {"weights.safetensors", "card.json", "recipe.json"}
    assert {"chair-multiview", "furniture-conditional"} <= set(folders)
    for name, files in folders.items():
        family = json.loads((ROOT / "checkpoints" / name / "card.json").read_text())["family"]
        assert files == three, name
        assert family != "triplet" or (ROOT / "resources" / "collections" / f"{name}.voxmap").is_file()


def test_the_wheel_carries_everything_and_works_outside_the_checkout(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    (wheel,) = tmp_path.glob("voxstudio-*.whl")
    place = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(place)], check=True)
    package = place / "voxstudio"
    for folder in ("resources", "checkpoints"):
        for file in shipped_files(folder):
            assert (package / "_shipped" / file.relative_to(ROOT)).read_bytes() == file.read_bytes()
    for file in python_files():
        assert (place / file.relative_to(ROOT)).exists(), file
    assert sorted(one.name for one in place.iterdir() if not one.name.endswith(".dist-info")) == ["voxstudio"]
    entry = next(place.glob("*.dist-info/entry_points.txt")).read_text()
    assert "voxstudio = voxstudio.app:main" in entry

    env = {**os.environ, "PYTHONPATH": str(place)}
    code = "import sys, voxstudio.app as app; print(app.__file__); sys.exit(app.main(['list']))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[0].startswith(str(place))
    assert "chair-multiview" in run.stdout and "furniture-conditional" in run.stdout
