import pytest

from serving.server.versions import (
    All,
    Latest,
    Specific,
    find_versions,
    parse_version,
    remarks,
    version_folders,
)


@pytest.mark.conformance("config.version_folder")
@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("1", 1),
        ("0", 0),
        ("00000123", 123),
        ("1700000000", 1_700_000_000),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        ("", None),
        ("v1", None),
        ("1a", None),
        ("-1", None),
        ("1.5", None),
        ("1.json", None),
        (".tmp-3", None),
        (" 1", None),
        ("\u0661", None),
        ("1_000", None),
        ("9" * 5000, None),
        ("0" * 5000 + "7", 7),
    ],
)
def test_only_digits_make_a_version(name, version):
    assert parse_version(name) == version


def test_files_and_other_folders_are_no_versions(tmp_path):
    for name in ("2", "0010", "tmp-7", ".3"):
        (tmp_path / name).mkdir()
    (tmp_path / "5").write_text("a file")
    (tmp_path / "2.json").write_text("{}")
    assert find_versions(tmp_path) == {2: tmp_path / "2", 10: tmp_path / "0010"}


def test_of_two_names_for_one_version_the_first_wins(tmp_path):
    (tmp_path / "07").mkdir()
    (tmp_path / "7").mkdir()
    assert find_versions(tmp_path) == {7: tmp_path / "07"}


def test_a_missing_base_path_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        find_versions(tmp_path / "missing")


@pytest.mark.conformance("config.remarks")
def test_folders_that_are_ignored_and_versions_that_are_missing_are_remarked(tmp_path):
    for name in ("07", "7", "007", "8"):
        (tmp_path / name).mkdir()
    folders = version_folders(tmp_path)
    ignored = {
        f"version 7 is loaded from {tmp_path / '007'}, and {tmp_path / name} is ignored"
        for name in ("07", "7")
    }
    assert remarks(Latest(), folders) == remarks(All(), folders) == ignored
    assert remarks(Specific(frozenset({8, 9})), folders) == ignored | {
        "version 9, which the version policy names, is not there"
    }


@pytest.mark.conformance("config.policy")
@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        (Latest(), {10}),
        (Latest(2), {9, 10}),
        (Latest(0), {10}),
        (Latest(7), {2, 9, 10}),
        (All(), {2, 9, 10}),
        (Specific(frozenset({2, 11})), {2}),
        (Specific(frozenset()), set()),
    ],
)
def test_the_policy_chooses_by_number(policy, wanted):
    assert policy.select([9, 10, 2]) == wanted
    assert policy.select([]) == frozenset()
