"""The stamp: written last, it says that the environment is whole and what it was made from."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STAMP_FILE = "tidemill-setup.json"
_INPUT_PATTERNS = ("requirements*.lock", "setup.py", "scripts/setup", "scripts/environment/*.py")


def hash_inputs(root: Path, *, private_glibc: bool) -> str:
    """Returns a hash of all that decides what the environment looks like.

    The folder's own path is part of it, because a virtual environment cannot be moved.

    Args:
        root: The working tree.
        private_glibc: Whether the environment needs a C library of its own.
    """
    digest = hashlib.sha256(f"{root}\0{platform.machine()}\0{private_glibc}".encode())
    for pattern in _INPUT_PATTERNS:
        for path in sorted(root.glob(pattern)):
            digest.update(f"\0{path.name}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def write(venv: Path, inputs: str, python: Path) -> None:
    """Declares the environment whole.

    Args:
        venv: The environment.
        inputs: Answer of `hash_inputs`.
        python: Installation prefix of the Python that made it.
    """
    content = {"inputs": inputs, "python": str(python), "installed": _installed(venv)}
    unfinished = venv / f"{STAMP_FILE}.unfinished"
    unfinished.write_text(json.dumps(content), encoding="utf-8")
    unfinished.replace(venv / STAMP_FILE)


def is_current(venv: Path, inputs: str, python: Path | None) -> bool:
    """Tells whether the environment is whole and was made from these inputs.

    Args:
        venv: The environment, which need not exist.
        inputs: Answer of `hash_inputs` now.
        python: Installation prefix that must have made it; None if any will do.
    """
    try:
        stamp = json.loads((venv / STAMP_FILE).read_text(encoding="utf-8"))
        return (
            stamp["inputs"] == inputs
            and (python is None or stamp["python"] == str(python))
            and set(stamp["installed"]) <= set(_installed(venv))
            and _python_runs(venv)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _installed(venv: Path) -> list[str]:
    """Returns programs and top-level packages, as paths below the environment."""
    folders = [venv / "bin", *venv.glob("lib/python3.*/site-packages")]
    entries = (entry for folder in folders for entry in folder.iterdir())
    return sorted(str(e.relative_to(venv)) for e in entries if e.name != "__pycache__")


def _python_runs(venv: Path) -> bool:
    # It stops running when the Python that it was made from is uninstalled.
    command = (venv / "bin" / "python", "-c", "import encodings")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
