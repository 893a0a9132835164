import pytest

from components.pusher.errors import StoreRefusedError
from components.pusher.origin import Origin, Provenance
from components.pusher.store import (
    checked_model_name,
    checked_store,
    leftovers,
    read_origin,
    refuse_mounted_bucket,
    versions_used,
)

MOUNTS = """\
overlay / overlay rw 0 0
/dev/sda1 /srv/models ext4 rw 0 0
bucket /srv/models/from\\040bucket fuse.gcsfuse rw 0 0
nas:/x /mnt/nas nfs4 rw 0 0
"""


@pytest.mark.parametrize("store", ["gs://bucket/models", "s3://bucket", "file:///models"])
def test_a_uri_is_no_model_store(store):
    with pytest.raises(StoreRefusedError, match="no atomic rename") as caught:
        checked_store(store)
    assert caught.value.path == store


def test_a_relative_path_is_no_model_store():
    with pytest.raises(StoreRefusedError, match="write the absolute path"):
        checked_store("models")


def test_an_absolute_path_is(tmp_path):
    assert checked_store(str(tmp_path)) == tmp_path


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", ".hidden"])
def test_a_models_name_is_one_folder(name):
    with pytest.raises(ValueError, match="cannot be a model's name"):
        checked_model_name(name)


@pytest.mark.parametrize("path", ["/srv/models/taxi", "/mnt/nas/models", "/anything"])
def test_file_systems_are_accepted(path, tmp_path):
    refuse_mounted_bucket(tmp_path.joinpath(path), MOUNTS)


def test_a_mounted_bucket_is_refused(tmp_path):
    with pytest.raises(StoreRefusedError, match=r"fuse\.gcsfuse"):
        refuse_mounted_bucket(tmp_path.joinpath("/srv/models/from bucket/taxi"), MOUNTS)


def test_versions_used_counts_origins_without_a_version(tmp_path):
    (tmp_path / "3").mkdir()
    (tmp_path / "9.json").write_text("{}")
    (tmp_path / ".12.partial").mkdir()
    (tmp_path / "readme.txt").write_text("")
    assert versions_used(tmp_path) == {3, 9}


def test_an_origin_is_read_back(tmp_path):
    origin = Origin(3, "2026-01-01T00:00:00+00:00", "f", Provenance("p", "r", "u", 1))
    (tmp_path / "3.json").write_text(origin.to_json())
    assert read_origin(tmp_path, 3) == origin
    assert read_origin(tmp_path, 4) is None


def test_a_broken_origin_is_none_and_warned_about(tmp_path, caplog):
    (tmp_path / "3.json").write_text("[]")
    assert read_origin(tmp_path, 3) is None
    assert "3.json is passed over" in caplog.text


def test_an_origin_is_a_leftover_only_beside_its_prepared_version(tmp_path):
    for version in ("3", ".4.partial"):
        (tmp_path / version).mkdir()
    for file in ("3.json", "2.json", "4.json", ".5.json.partial"):
        (tmp_path / file).write_text("{}")
    found = [path.name for path in leftovers(tmp_path)]
    assert found == ["4.json", ".4.partial", ".5.json.partial"]


def test_the_prepared_copy_of_a_visible_version_goes_without_its_origin(tmp_path):
    (tmp_path / "4").mkdir()
    (tmp_path / ".4.partial").mkdir()
    (tmp_path / "4.json").write_text("{}")
    assert [path.name for path in leftovers(tmp_path)] == [".4.partial"]
