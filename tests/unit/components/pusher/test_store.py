import pytest

from components.pusher.errors import StoreRefusedError
from components.pusher.store import (
    checked_model_name,
    checked_store,
    refuse_mounted_bucket,
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
