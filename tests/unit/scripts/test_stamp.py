import shutil
import sys
from pathlib import Path

import pytest

from scripts.environment import stamp


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "requirements.lock").write_text("numpy==2.2.6\n")
    (tmp_path / "scripts" / "environment").mkdir(parents=True)
    (tmp_path / "scripts" / "environment" / "build.py").write_text("")
    return tmp_path


@pytest.fixture
def venv(tmp_path):
    """A folder that looks like an environment with one package."""
    venv = tmp_path / ".venv"
    (venv / "lib" / "python3.11" / "site-packages" / "numpy").mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "bin" / "numpy").touch()  # a program of the same name
    stamp.write(venv, "inputs", Path("/usr"))
    return venv


def test_the_inputs_are_the_lock_the_set_up_itself_and_the_place(tree, tmp_path):
    def hash_now(root=tree):
        return stamp.hash_inputs(root, private_glibc=False)

    before = hash_now()
    assert hash_now() == before
    (tree / "requirements.lock").write_text("numpy==2.2.7\n")
    assert (after_lock := hash_now()) != before
    (tree / "scripts" / "environment" / "build.py").write_text("# changed")
    assert (after_script := hash_now()) != after_lock
    moved = shutil.copytree(tree, tmp_path / "elsewhere")
    assert hash_now(moved) != after_script


def test_a_host_that_needs_a_private_glibc_is_another_input(tree):
    assert stamp.hash_inputs(tree, private_glibc=True) != stamp.hash_inputs(
        tree, private_glibc=False
    )


def test_a_whole_environment_is_current(venv):
    assert stamp.is_current(venv, "inputs", None)
    assert stamp.is_current(venv, "inputs", Path("/usr"))


def test_other_inputs_or_another_python_make_it_stale(venv):
    assert not stamp.is_current(venv, "other inputs", None)
    assert not stamp.is_current(venv, "inputs", Path("/opt/python"))


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", '{"inputs": "inputs"}'])
def test_an_interrupted_set_up_is_not_current(venv, content):
    (venv / stamp.STAMP_FILE).unlink()
    if content is not None:
        (venv / stamp.STAMP_FILE).write_text(content)
    assert not stamp.is_current(venv, "inputs", None)


def test_a_package_that_has_gone_makes_it_stale_but_one_more_does_not(venv):
    site_packages = venv / "lib" / "python3.11" / "site-packages"
    (site_packages / "ipdb").mkdir()
    assert stamp.is_current(venv, "inputs", None)
    (site_packages / "numpy").rmdir()
    assert not stamp.is_current(venv, "inputs", None)


def test_a_python_that_no_longer_runs_makes_it_stale(venv):
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to("/nowhere/python3.11")
    assert not stamp.is_current(venv, "inputs", None)


def test_no_environment_is_not_current(tmp_path):
    assert not stamp.is_current(tmp_path / ".venv", "inputs", None)
