"""Whether an artifact still holds what its node wrote."""

from __future__ import annotations

import pytest
from ml_metadata.proto import metadata_store_pb2

from pipeline.contents import contents_of, is_intact, record_contents


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Split-train").mkdir()
    (tmp_path / "Split-train" / "data").write_bytes(b"12345")
    (tmp_path / "verdict.json").write_bytes(b"{}")
    return tmp_path


def published(uri):
    artifact = metadata_store_pb2.Artifact(uri=str(uri))
    record_contents(artifact)
    return artifact


def test_files_are_counted_at_any_depth(folder):
    assert contents_of(folder) == (2, 7)
    assert contents_of(folder / "verdict.json") == (1, 2)
    assert contents_of(folder / "nothing") == (0, 0)


def test_what_is_untouched_is_intact(folder):
    artifact = published(folder)
    assert is_intact(artifact)
    (folder / "note.txt").write_text("mine")
    assert is_intact(artifact)


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "verdict.json").unlink(),
        lambda folder: (folder / "Split-train" / "data").write_bytes(b""),
        lambda folder: (folder / "Split-train" / "data").write_bytes(b"1234"),
        lambda folder: folder.rename(folder.with_name("elsewhere")),
    ],
    ids=["a file is gone", "a file is empty", "a file is shorter", "all is gone"],
)
def test_what_was_harmed_is_not(folder, harm):
    artifact = published(folder)
    harm(folder)
    assert not is_intact(artifact)


def test_a_node_that_wrote_nothing_lost_nothing(tmp_path):
    assert is_intact(published(tmp_path))


def test_what_nobody_counted_has_to_be_there(tmp_path):
    assert is_intact(metadata_store_pb2.Artifact(uri=str(tmp_path)))
    assert not is_intact(metadata_store_pb2.Artifact(uri=str(tmp_path / "gone")))


def test_a_bucket_is_left_to_others():
    artifact = published("gs://bucket/model")
    assert not artifact.custom_properties
    assert is_intact(artifact)
