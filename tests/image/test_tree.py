"""The image's files, made by scripts/image/build-tree: `make image`."""

import json
import re
import shutil
import stat
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPORTS = (Path(__file__).parent / "imports.py").read_text()
# PEP 552: the second field of a bytecode file.
UNCHECKED_HASH, CHECKED_HASH = 1, 3


def test_everything_that_may_be_needed_imports_without_what_was_left_out(inside):
    inside("python", "-c", IMPORTS)


def test_the_user_is_nobody_in_particular_and_has_a_home(inside):
    assert inside("id", "-u").strip() == "1000"
    assert inside("id", "-un").strip() == "tidemill"
    inside("sh", "-c", 'touch "$HOME/x" && rm "$HOME/x"')


def test_nothing_belongs_to_the_user_or_can_be_written_by_it(tree):
    places = {tree / name for name in ("dev", "proc", "tmp", "run/lock", "var/tmp")}

    def writable(path):
        found = path.lstat()
        by_group = found.st_gid == 0 and found.st_mode & stat.S_IWGRP
        return found.st_uid == 1000 or by_group or found.st_mode & stat.S_IWOTH

    paths = (path for path in tree.rglob("*") if not path.is_symlink())
    inside_places = (path for path in paths if not places & {path, *path.parents})
    assert [path for path in inside_places if writable(path)] == []


def test_there_are_no_compilers_no_installers_and_no_package_lists(inside, tree):
    for program in ("gcc", "g++", "cc", "ld", "make", "pip", "uv"):
        inside("sh", "-c", f"command -v {program}", status=127)
    assert list((tree / "var/lib/apt/lists").iterdir()) == []


def test_bytecode_is_valid_whatever_becomes_of_the_files_times(tree):
    for folder, kind in (("opt/venv", UNCHECKED_HASH), ("app", CHECKED_HASH)):
        files = list((tree / folder).glob("**/*.pyc"))
        assert files
        flags = {int.from_bytes(path.open("rb").read(8)[4:], "little") for path in files}
        assert flags == {kind}


def test_all_of_tidemill_is_compiled(tree):
    for source in (tree / "app").glob("**/*.py"):
        assert list((source.parent / "__pycache__").glob(f"{source.stem}.cpython-*.pyc")), source


def test_the_use_of_what_stands_in_for_a_cloud_says_what_is_missing(inside):
    use = "from google.cloud import aiplatform; aiplatform.Endpoint.list()"
    said = inside("sh", "-c", f"python -c '{use}' 2>&1", status=1)
    assert "google-cloud-aiplatform is not in Tidemill's image" in said


def test_tensorflow_answers_to_its_usual_name(inside):
    ask = "import importlib.metadata as m; print(m.version('tensorflow'))"
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.search(r"^tensorflow==(\S+)", lock, re.MULTILINE)
    assert inside("python", "-c", ask).strip() == pinned[1]


@pytest.fixture
def my_case(tmp_path):
    """The layer that `COPY my_case /app/use_cases/my_case` makes."""
    shutil.copytree(ROOT / "examples" / "penguin", tmp_path / "app" / "use_cases" / "my_case")
    tmp_path.chmod(0o755)
    return tmp_path


def test_a_use_case_of_one_s_own_runs_where_its_two_lines_put_it(inside, my_case):
    said = inside(
        "tidemill", "run", "use_cases/my_case", "--home=/tmp/home", "--json", layer=my_case
    )
    assert json.loads(said.splitlines()[-1])["outcome"] == "succeeded"
