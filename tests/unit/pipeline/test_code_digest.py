"""A hash of code changes with every file that the code imports, and with nothing else."""

from __future__ import annotations

import shutil

import pytest

from pipeline.code_digest import CodeDigests, file_digest
from pipeline.errors import ConfigurationError

FILES = {
    "taxi/__init__.py": "",
    "taxi/model.py": """\
import json
import shared.layers
from . import columns
from .preprocessing import scale
def run_fn(fn_args):
    from taxi.deep.trainer import train
    import taxi.late as late
    import numpy.linalg
""",
    "taxi/columns.py": "from .model import run_fn",
    "taxi/preprocessing.py": "from taxi import constants\nfrom .everything import *\n'words.txt'",
    "taxi/words.txt": "",
    "taxi/constants.py": "",
    "taxi/late.py": "",
    "taxi/everything/__init__.py": "__all__ = ['one']",
    "taxi/everything/one.py": "",
    "taxi/deep/__init__.py": "",
    "taxi/deep/trainer.py": "from .. import above\nfrom ..util import helper\nfrom .... import x",
    "taxi/above.py": "",
    "taxi/util/helper.py": "",
    "shared/layers.py": "",
    "taxi/unused.py": "",
    "taxi/pipeline.yaml": "",
    "taxi/deep/unused.py": "",
    "numpy/__init__.txt": "",
    "other.py": "",
}
UNUSED = {
    "taxi/unused.py",
    "taxi/pipeline.yaml",
    "taxi/deep/unused.py",
    "numpy/__init__.txt",
    "other.py",
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "a" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "x.py").write_text("")  # outside
    return tmp_path / "a"


def digest_of(entry, *roots):
    return CodeDigests(*roots).of(entry)


def digest(root):
    return digest_of(root / "taxi" / "model.py", root)


@pytest.mark.parametrize("name", sorted(FILES.keys() - UNUSED))
def test_an_edited_file_that_is_imported_changes_the_hash(root, name):
    before = digest(root)

    (root / name).write_text(FILES[name] + "\n# edited\n")

    assert digest(root) != before


@pytest.mark.parametrize("name", sorted(UNUSED))
def test_an_edited_file_that_is_not_imported_changes_nothing(root, name):
    before = digest(root)

    (root / name).write_text("edited")

    assert digest(root) == before


def test_the_hash_does_not_depend_on_the_location(root, tmp_path, monkeypatch):
    before = digest(root)
    shutil.copytree(root, tmp_path / "far" / "b")

    assert digest(tmp_path / "far" / "b") == before
    monkeypatch.chdir(root)
    assert digest_of((root / "taxi/model.py").relative_to(root), root) == before


def test_a_moved_module_changes_the_hash(root):
    before = digest(root)

    (root / "taxi" / "late").mkdir()
    (root / "taxi" / "late.py").rename(root / "taxi" / "late" / "__init__.py")

    assert digest(root) != before


def test_a_module_is_hashed_by_its_entry(root):
    entry = root / "taxi" / "constants.py"
    before = digest_of(entry, root)

    (root / "taxi" / "model.py").write_text("edited")
    assert digest_of(entry, root) == before
    (root / "taxi" / "__init__.py").write_text("import json")
    assert digest_of(entry, root) != before


@pytest.mark.parametrize("name", ["taxi/model.py", "taxi/late.py"])
def test_invalid_python_names_the_file_and_the_line(root, name):
    (root / name).write_text(FILES[name] + "\n\nif x\n")
    line = len(FILES[name].splitlines()) + 3

    with pytest.raises(ConfigurationError, match=f"^{root / name}:{line}: not valid Python: "):
        digest(root)


def test_null_bytes_are_not_python(root):
    (root / "taxi" / "late.py").write_bytes(b"x = 1\0")

    with pytest.raises(ConfigurationError, match=r"late.py:\d+: not valid Python: "):
        digest(root)


def test_imports_are_followed_into_every_root(root, tmp_path):
    platform = tmp_path / "platform"
    (platform / "components").mkdir(parents=True)
    (platform / "components" / "toolkit.py").write_text("from components import deeper")
    (platform / "components" / "deeper.py").write_text("")
    (platform / "components" / "unused.py").write_text("")
    entry = root / "taxi" / "late.py"
    entry.write_text("from components import toolkit")

    before = digest_of(entry, root, platform)
    (platform / "components" / "unused.py").write_text("edited")
    assert digest_of(entry, root, platform) == before
    (platform / "components" / "deeper.py").write_text("edited")
    assert digest_of(entry, root, platform) != before


def test_a_file_s_hash_is_its_content_s(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")

    assert file_digest(tmp_path / "x") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
