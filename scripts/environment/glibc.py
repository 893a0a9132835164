"""A private C library for hosts whose own is too old for TFX's wheels.

Only the environment's interpreter is changed: it names the private loader and library path itself,
so nothing is exported, and programs that it starts use the host's C library as ever.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.environment import apt
from scripts.environment.report import SetupError

if TYPE_CHECKING:
    from scripts.environment.commands import Commands

NEEDED = (2, 39)
_LIBRARIES = Path("usr/lib/x86_64-linux-gnu")
_LOADER = "ld-linux-x86-64.so.2"


def host_version() -> str | None:
    """Returns the host's glibc version, such as "2.36"; None where there is none."""
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except ValueError:
        return None
    return version if name == "glibc" else None


def private_glibc_needed() -> bool:
    """Tells whether the host's C library cannot load TFX's wheels; no other system is judged."""
    if platform.system() != "Linux":
        return False
    version = host_version()
    return version is None or _numbers(version) < NEEDED


def check_possible() -> None:
    """Makes sure that a private C library can be had here.

    Raises:
        SetupError: It cannot; says what to use instead.
    """
    if platform.machine() != "x86_64":
        raise unsuitable(f"a private one is only to be had for x86_64, not {platform.machine()}")
    if host_version() is None:
        raise unsuitable("this system is built on another C library")
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise unsuitable(f"a private one needs {tool}, which is not there")


def unsuitable(why: str) -> SetupError:
    """Returns the error for a host on which the environment cannot be made."""
    wanted = ".".join(map(str, NEEDED))
    return SetupError(
        f"TFX needs glibc {wanted} or newer, this host has {host_version() or 'none'}; {why}.",
        "Use a host or a container image that has it: Debian 13, Ubuntu 24.04, or newer.",
    )


def install(venv: Path, patchelf: Path, commands: Commands) -> None:
    """Gives the environment a C library of its own.

    Args:
        venv: Environment made with copies of the interpreter, not links to it.
        patchelf: The program that rewrites the interpreter's header.
        commands: Runs the tools.

    Raises:
        SetupError: The library cannot be had.
    """
    root = venv / "glibc"
    try:
        apt.unpack(root, commands)
    except apt.NoSourceError as error:
        raise unsuitable(str(error)) from error
    except SetupError as error:
        advice = unsuitable("fetching a private one failed").remedy
        raise SetupError(error.problem, f"{error.remedy}\n{advice}") from error
    python = _single_interpreter(venv)
    libraries = root / _LIBRARIES
    search = f"{libraries}:{Path(sys.base_prefix) / 'lib'}"
    what = "pointing the interpreter at its C library"
    commands.run(
        what,
        *(patchelf, "--set-interpreter", libraries / _LOADER),
        *("--force-rpath", "--set-rpath", search, python),
    )
    # Wheels that bring a search path of their own would otherwise find the host's older ones.
    needed = ("--add-needed", "libstdc++.so.6", "--add-needed", "libgcc_s.so.1")
    commands.run(what, patchelf, *needed, python)


def _single_interpreter(venv: Path) -> Path:
    """Leaves one copy of the interpreter, with `python` and `python3` as links to it."""
    name = f"python3.{sys.version_info.minor}"
    python = venv / "bin" / name
    original = (Path(sys.base_prefix) / "bin" / name).resolve()
    shutil.copy2(original, python)
    for link in (venv / "bin" / "python", venv / "bin" / "python3"):
        link.unlink(missing_ok=True)
        link.symlink_to(name)
    return python


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
