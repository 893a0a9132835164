"""Where an accepted schema goes, and how it gets there."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.errors import UsageError
from pipeline.schema.target import Target, target_of, text_of_new_file, write

INFERRED = SimpleNamespace(curated=False)


@pytest.fixture
def use_case(tmp_path):
    folder = tmp_path / "examples" / "taxi"
    folder.mkdir(parents=True)
    return folder


def test_a_curated_schema_is_written_where_it_is(use_case):
    file = use_case / "x.pbtxt"
    in_force = SimpleNamespace(curated=True, file=file, text="old")

    assert target_of(in_force, use_case, "taxi") == Target(file, "old", None)


def test_a_link_stays_a_link(use_case):
    file, link = use_case / "x.pbtxt", use_case / "link.pbtxt"
    file.write_text("old")
    link.symlink_to(file)
    write(target_of(SimpleNamespace(curated=True, file=link, text="old"), use_case, "taxi"), "new")

    assert link.is_symlink()
    assert file.read_text() == "new"


def test_a_new_schema_goes_beside_the_use_case(use_case):
    assert target_of(INFERRED, use_case, "taxi") == Target(
        use_case.parent / "schemas" / "taxi.pbtxt", None, "schema: {file: ../schemas/taxi.pbtxt}"
    )


def test_a_new_schema_goes_into_the_folder_that_the_project_has(use_case):
    folder = use_case.parent.parent / "schemas"
    folder.mkdir()

    assert target_of(INFERRED, use_case, "taxi") == Target(
        folder / "taxi.pbtxt", None, "schema: {file: ../../schemas/taxi.pbtxt}"
    )


def test_a_file_that_nobody_named_is_not_overwritten(use_case):
    path = use_case.parent / "schemas" / "taxi.pbtxt"
    path.parent.mkdir()
    path.touch()

    with pytest.raises(UsageError, match=r"write `schema: \{file: ../schemas/taxi.pbtxt\}` there"):
        target_of(INFERRED, use_case, "taxi")


def test_a_new_file_and_its_folder_are_made(tmp_path):
    path = tmp_path / "schemas" / "taxi.pbtxt"
    write(Target(path, None, None), "text")

    assert path.read_text() == "text"
    assert [each.name for each in path.parent.iterdir()] == ["taxi.pbtxt"]


def test_the_files_mode_stays(tmp_path):
    path = tmp_path / "taxi.pbtxt"
    path.write_text("old")
    path.chmod(0o640)
    write(Target(path, "old", None), "new")

    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("before", ["what was shown", None])
def test_a_file_that_changed_meanwhile_is_left(tmp_path, before):
    path = tmp_path / "taxi.pbtxt"
    path.write_text("edited")

    with pytest.raises(UsageError, match="has changed meanwhile"):
        write(Target(path, before, None), "new")
    assert path.read_text() == "edited"


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "taxi.pbtxt"
    path.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        write(Target(path, "old", None), "half \ud800")
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["taxi.pbtxt"]


def test_the_text_of_a_new_file_says_where_it_comes_from():
    text = text_of_new_file(schema_pb2.Schema(default_environment=["TRAINING"]), "20261121-090507")

    assert text.startswith("# proto-file: ")
    assert "run 20261121-090507" in text
    assert text.endswith('default_environment: "TRAINING"\n')
