"""Runs the tools of the set-up, with their output in a log file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from scripts.environment.report import SetupError

_LAST_LINES = 12
# They would change what the environment's own Python sees, or keep bytecode from being written.
_UNWANTED = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")


class Commands:
    """Runs commands one after another.

    Args:
        log: File that gets what the commands print; started afresh.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        log.write_text("", encoding="utf-8")

    def run(self, what: str, *command: str | Path, cwd: Path | None = None) -> None:
        """Runs one command to its end.

        Args:
            what: The attempt in words, for the error.
            *command: Program and arguments.
            cwd: Folder to run it in.

        Raises:
            SetupError: The program is missing or failed; the last lines that it wrote are shown.
        """
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(map(str, command))}\n")
            log.flush()
            try:
                finished = subprocess.run(
                    command,
                    cwd=cwd,
                    env={k: v for k, v in os.environ.items() if k not in _UNWANTED},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # A child that outlives a killed set-up keeps the lock until it ends.
                    close_fds=False,
                    check=False,
                )
            except FileNotFoundError as error:
                raise SetupError(f"{what}: {command[0]} is not there", "Install it.") from error
        if finished.returncode != 0:
            raise SetupError(
                f"{what}: {Path(command[0]).name} ended with status {finished.returncode}",
                f"The whole output is in {self._log}; it ends with:\n{self._tail()}",
            )

    def _tail(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])
