"""Files that a module names are found beside it; others are not."""

from __future__ import annotations

import pytest

from pipeline.code_data import named_files


@pytest.fixture
def named(tmp_path):
    """Writes files and a module beside them; returns the names of those that it reads."""

    def found(source, *files):
        for name in files:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("1")
        module = tmp_path / "preprocessing.py"
        module.write_text(source)
        return {path.relative_to(tmp_path).as_posix() for path in named_files(module)}

    return found


@pytest.mark.parametrize(
    "source",
    [
        'Path(__file__).with_name("words.txt").read_text()',
        "open(os.path.join(here, 'words.txt'))",
        'open(f"{here}/words.txt")',
        'open(here + "/words.txt")',
    ],
)
def test_a_file_beside_the_module(named, source):
    assert named(source, "words.txt", "other.txt") == {"words.txt"}


@pytest.mark.parametrize("source", ['here / "data" / "en" / "words.txt"', '"data/en/words.txt"'])
def test_a_file_in_folders_below(named, source):
    files = ("data/en/words.txt", "data/de/words.txt", "data/en/other.txt")

    assert named(source, *files) == {"data/en/words.txt"}


def test_a_name_within_something_longer_is_none(named):
    assert named('x = train(inputs["train_split"])', "train", "x") == set()


def test_folders_that_hold_one_another(named, tmp_path):
    (tmp_path / "data").symlink_to(".")

    assert named('"data/words.txt"', "words.txt") == {"words.txt"}
