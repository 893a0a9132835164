"""Fetches a newer C library from the mirror that the host's apt uses already.

apt runs with a configuration, package lists and caches of its own, and checks the signatures as
always. Nothing outside the given folder is changed, and no right of root is needed.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.environment.commands import Commands

PACKAGES = ("libc6", "libgcc-s1", "libstdc++6")


class NoSourceError(Exception):
    """The host's apt knows no mirror that has a newer C library."""


@dataclass(frozen=True)
class Release:
    """A release of a distribution whose C library is new enough.

    Attributes:
        suite: Its name on the mirror.
        keyring: The keys that sign it.
    """

    suite: str
    keyring: Path


RELEASES = {
    "debian": Release("trixie", Path("/usr/share/keyrings/debian-archive-keyring.gpg")),
    "ubuntu": Release("noble", Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")),
}


def unpack(root: Path, commands: Commands) -> None:
    """Downloads the packages and unpacks them below a folder.

    Args:
        root: Folder to make.
        commands: Runs the tools.

    Raises:
        NoSourceError: There is no mirror to ask.
        SetupError: A tool failed.
    """
    host = _os_release()
    release = RELEASES.get(host.get("ID", ""))
    if release is None:
        name = host.get("PRETTY_NAME", "this system")
        raise NoSourceError(f"a private one is only to be had on Debian and Ubuntu, not on {name}")
    if not release.keyring.exists():
        raise NoSourceError(f"the keys to check a private one, {release.keyring}, are not there")
    work = root.with_name(f"{root.name}-download")
    debs = work / "debs"
    for folder in (work / "lists" / "partial", work / "cache", debs, root):
        folder.mkdir(parents=True)
    mirror = mirror_of(host.get("VERSION_CODENAME", ""), _index_targets())
    apt = ("apt-get", "-c", _write_configuration(work, release, mirror), "--quiet")
    commands.run("reading the package lists", *apt, "update")
    commands.run("downloading the C library", *apt, "download", *PACKAGES, cwd=debs)
    for deb in sorted(debs.iterdir()):
        commands.run("unpacking the C library", "dpkg-deb", "--extract", deb, root)
    shutil.rmtree(work)


def mirror_of(codename: str, index_targets: str) -> str:
    """Returns the address from which the host gets its own release.

    Args:
        codename: Code name of the host's release, such as "bookworm".
        index_targets: Lines of "RELEASE ADDRESS", as apt lists its sources.

    Raises:
        NoSourceError: No line is about the release.
    """
    for line in index_targets.splitlines():
        release, _, address = line.partition(" ")
        if release == codename and address:
            return address
    raise NoSourceError(f"apt has no source for {codename or 'this release'} to get one from")


def _index_targets() -> str:
    command = ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _write_configuration(work: Path, release: Release, mirror: str) -> Path:
    """Writes the configuration that keeps apt inside its folder, and returns its path."""
    sources = work / "sources.list"
    line = f"deb [arch=amd64 signed-by={release.keyring}] {mirror} {release.suite} main\n"
    sources.write_text(line, encoding="utf-8")
    (work / "status").touch()
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "APT::Default-Release": "",
    }
    if os.geteuid() == 0:
        # apt would read the folder as another user, who may not be allowed to.
        settings["APT::Sandbox::User"] = "root"
    lines = [f'{name} "{value}";' for name, value in settings.items()]
    # The host's own clean-up after an update is not this update's business.
    lines += ["#clear APT::Update::Post-Invoke;", "#clear APT::Update::Post-Invoke-Success;"]
    configuration = work / "apt.conf"
    configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return configuration
