"""The runner's end of the pipe to a worker."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from pipeline.local.messages import Reply, decode_reply
from pipeline.project import PROJECT, environment_of_python

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.places import Home, RunFolder

_GRACE_SECONDS = 15.0


class WorkerProcess:
    """A worker, started.

    Args:
        home: Where state lies.
        folder: Folder of the run.
        import_root: Folder that makes the use case importable.
        lock: Descriptor that holds the home; the worker and its nodes inherit it.
        lean: Whether the worker only answers from the cache.
    """

    def __init__(
        self, home: Home, folder: RunFolder, import_root: Path, lock: int, *, lean: bool
    ) -> None:
        self.lean = lean
        self.ready = False
        self._lines = b""
        self.log = folder.logs / ("worker-lean.log" if lean else "worker.log")
        options = ["--lean"] if lean else []
        if home.metadata_service:
            options += ["--metadata-service", home.metadata_service]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "pipeline.local.worker",
                    str(home.root),
                    folder.run_id,
                    *options,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=PROJECT,
                env=_environment(import_root),
                pass_fds=(lock,),
                # Ctrl-C goes to the terminal's whole process group: the runner alone decides.
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout

    def fileno(self) -> int:
        """Returns what to select on for replies."""
        return self._stdout.fileno()

    def look_up(self, node: str) -> None:
        """Asks for a node's launch if the cache has an answer, else for MISSED."""
        self._send({"launch": node, "execute": False})

    def launch(self, node: str) -> None:
        """Asks for a node's launch, by its execution where the cache has no answer."""
        self._send({"launch": node, "execute": True})

    def stop(self) -> None:
        """Asks for the end of all that runs; a signal, because one that imports reads nothing."""
        self._process.terminate()

    def receive(self) -> list[Reply] | None:
        """Reads the replies that are there; None when the worker has ended."""
        received = os.read(self.fileno(), 65536)
        if not received:
            return None
        *lines, self._lines = (self._lines + received).split(b"\n")
        return [decode_reply(line.decode()) for line in lines]

    def close(self) -> int:
        """Ends the worker, which ends its children, and returns its exit status."""
        if not self.ready:
            self.stop()  # it imports, and would notice its closed input only when it is done
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        try:
            return self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            return self._process.wait()
        finally:
            self._stdout.close()

    def _send(self, request: dict[str, object]) -> None:
        try:
            self._stdin.write(json.dumps(request).encode() + b"\n")
            self._stdin.flush()
        except BrokenPipeError:
            # It died; `receive` says so, and its log says why.
            pass


def _environment(import_root: Path) -> dict[str, str]:
    environment = environment_of_python()
    # The use case comes before all but Tidemill: its functions were checked and its code hashed,
    # so another one of its name must not be imported, and what lies beside it must hide no package.
    paths = [str(PROJECT), str(import_root), os.environ.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
    return environment
