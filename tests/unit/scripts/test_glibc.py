import pytest

from scripts.environment import apt, glibc

SOURCES = """\
bookworm-security http://mirror.example/security/
bookworm http://mirror.example/debian/
bookworm-updates http://mirror.example/debian/
"""


@pytest.mark.parametrize(
    ("version", "needed"),
    [
        ("2.9", True),
        ("2.36", True),
        ("2.38", True),
        ("2.39", False),
        ("2.41", False),
        ("3.0", False),
    ],
)
def test_versions_are_compared_as_numbers(monkeypatch, version, needed):
    monkeypatch.setattr(glibc.platform, "system", lambda: "Linux")
    monkeypatch.setattr(glibc, "host_version", lambda: version)
    assert glibc.private_glibc_needed() is needed


def test_no_glibc_at_all_is_too_old(monkeypatch):
    monkeypatch.setattr(glibc.platform, "system", lambda: "Linux")
    monkeypatch.setattr(glibc, "host_version", lambda: None)
    assert glibc.private_glibc_needed()


@pytest.mark.parametrize(
    ("machine", "version", "tool", "reason"),
    [
        ("aarch64", "2.36", "/usr/bin/apt-get", "x86_64, not aarch64"),
        ("x86_64", None, "/usr/bin/apt-get", "another C library"),
        ("x86_64", "2.36", None, "apt-get, which is not there"),
    ],
)
def test_an_unsuitable_host_is_told_what_to_use_instead(
    monkeypatch, machine, version, tool, reason
):
    monkeypatch.setattr(glibc.platform, "machine", lambda: machine)
    monkeypatch.setattr(glibc, "host_version", lambda: version)
    monkeypatch.setattr(glibc.shutil, "which", lambda _: tool)
    with pytest.raises(glibc.SetupError) as caught:
        glibc.check_possible()
    assert reason in caught.value.problem
    assert "Debian 13, Ubuntu 24.04" in caught.value.remedy


def test_the_mirror_is_the_one_of_the_hosts_own_release():
    assert apt.mirror_of("bookworm", SOURCES) == "http://mirror.example/debian/"


@pytest.mark.parametrize("codename", ["jammy", ""])
def test_no_source_for_the_release_is_an_error(codename):
    with pytest.raises(apt.NoSourceError):
        apt.mirror_of(codename, SOURCES)
