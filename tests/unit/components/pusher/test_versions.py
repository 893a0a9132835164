import pytest

from components.pusher.versions import (
    final_name,
    next_version,
    origin_name,
    partial_name,
    version_of,
    version_of_origin,
)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("1", 1),
        ("00000123", 123),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        ("", None),
        ("1.json", None),
        ("-1", None),
        ("1_0", None),
        ("٣", None),
        (".1.partial", None),
    ],
)
def test_version_of_follows_tensorflow_servings_rule(name, version):
    assert version_of(name) == version


def test_a_version_is_the_time():
    assert next_version([], 1_700_000_000.9) == 1_700_000_000


def test_a_version_grows_within_a_second():
    assert next_version([1_700_000_000], 1_700_000_000.5) == 1_700_000_001


def test_a_version_grows_when_the_clock_goes_back():
    assert next_version([5, 1_900_000_000, 7], 1_700_000_000) == 1_900_000_001


@pytest.mark.parametrize("name", ["17", "17.json"])
def test_a_partial_name_is_no_version_and_leads_back(name):
    partial = partial_name(name)
    assert version_of(partial) is None
    assert version_of_origin(partial) is None
    assert final_name(partial) == name


@pytest.mark.parametrize("name", ["17", ".lock", "17.partial", ".17"])
def test_other_names_are_not_partial(name):
    assert final_name(name) is None


def test_an_origins_name_leads_back_to_its_version():
    assert version_of_origin(origin_name(17)) == 17
    assert version_of_origin("notes.json") is None
    assert version_of_origin("17") is None
