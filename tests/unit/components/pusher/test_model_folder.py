from components.pusher.model_folder import (
    leftovers,
    read_origin,
    read_origins,
    standing_versions,
    versions_used,
)
from components.pusher.origin import Origin, Provenance


def test_versions_used_counts_origins_without_a_version(tmp_path):
    (tmp_path / "3").mkdir()
    (tmp_path / "9.json").write_text("{}")
    (tmp_path / ".12.partial").mkdir()
    (tmp_path / "readme.txt").write_text("")
    assert versions_used(tmp_path) == {3, 9}


def test_a_version_stands_if_it_is_a_folder_that_servers_see(tmp_path):
    for name in ("3", ".4.partial", ".5.removed", "notes"):
        (tmp_path / name).mkdir()
    (tmp_path / "6").write_text("")
    assert standing_versions(tmp_path) == {3}


def test_origins_are_read_newest_first_also_of_removed_versions(tmp_path):
    for version in (3, 20):
        origin = Origin(version, "2026-01-01T00:00:00+00:00", "f", Provenance("p", "r", "u", 1))
        (tmp_path / f"{version}.json").write_text(origin.to_json())
    (tmp_path / "7").mkdir()
    (tmp_path / "9.json").write_text("{}")
    origins = read_origins(tmp_path)
    assert list(origins) == [20, 3]
    assert origins[20].version == 20


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


def test_a_version_that_was_being_deleted_goes_without_its_origin(tmp_path):
    (tmp_path / ".4.removed").mkdir()
    (tmp_path / "4.json").write_text("{}")
    assert [path.name for path in leftovers(tmp_path)] == [".4.removed"]
