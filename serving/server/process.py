"""A model server as a process of its own, that never outlives the one that started it.

Importing this module imports neither TensorFlow nor the server.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from serving.server.start_failure import start_failure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from typing_extensions import Self

_ROOT = Path(__file__).resolve().parents[2]
_LOOPBACK = "127.0.0.1"
_STOP_GRACE_S = 15.0
_CHUNK = 4096
_ERRORS_ONLY = "2"


def server_environment() -> dict[str, str]:
    """Returns the environment for a server: this one's, with `serving` on Python's path.

    TensorFlow's remarks about the machine are turned off, unless the level is set already.
    """
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    quiet = {"TF_CPP_MIN_LOG_LEVEL": _ERRORS_ONLY}
    # The current folder must not stand in for ours: it may hold a `serving` of its own.
    path = {"PYTHONPATH": os.pathsep.join(path for path in paths if path), "PYTHONSAFEPATH": "1"}
    return {**quiet, **os.environ, **path}


class ServerProcess:
    """Serves one model on free loopback ports for as long as a `with` block runs.

    The server also ends when this process does, however that happens: it watches its standard
    input. A model that cannot be loaded fails the start at once, without retries.

    Args:
        model_name: The name under which the model is served.
        base_path: The folder that holds the model's version folders.
        log_path: Where the server's output goes; the file is written anew.
        load_timeout_s: How long the start may take, seconds.
        flags: More of the server's flags; they win over those that are set here.

    Attributes:
        log_path: Where the server's output goes.
    """

    def __init__(
        self,
        model_name: str,
        base_path: Path,
        log_path: Path,
        load_timeout_s: float = 60,
        flags: Sequence[str] = (),
    ) -> None:
        self.log_path = log_path
        self._model_name = model_name
        self._base_path = base_path
        self._load_timeout_s = load_timeout_s
        self._flags = tuple(flags)
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = {"grpc": 0, "rest": 0}

    @property
    def grpc_port(self) -> int:
        """The port of gRPC; 0 before the start."""
        return self._ports["grpc"]

    @property
    def rest_port(self) -> int:
        """The port of REST; 0 before the start."""
        return self._ports["rest"]

    @property
    def grpc_address(self) -> str:
        """Host and port of gRPC."""
        return f"{_LOOPBACK}:{self.grpc_port}"

    @property
    def rest_address(self) -> str:
        """Host and port of REST."""
        return f"{_LOOPBACK}:{self.rest_port}"

    @property
    def pid(self) -> int:
        """The id of the server's process; 0 when there is none."""
        return self._process.pid if self._process else 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the server and waits until it serves the model.

        Raises:
            ServerStartError: It ended, or did not serve in time; with the end of its log.
        """
        ready, ready_for_server = os.pipe()
        try:
            try:
                self._process = self._launch(ready_for_server)
            finally:
                # Only the server may hold this end, so that its death ends the pipe.
                os.close(ready_for_server)
            self._ports = self._await_ports(ready)
        except BaseException:
            self.stop()
            raise
        finally:
            os.close(ready)

    def wait(self, timeout_s: float) -> int:
        """Waits for the server to end by itself.

        Args:
            timeout_s: How long, seconds.

        Returns:
            Its exit status.

        Raises:
            subprocess.TimeoutExpired: It is still there.
        """
        return 0 if self._process is None else self._process.wait(timeout_s)

    def stop(self) -> None:
        """Lets running requests finish, then ends the process; kills it if it does not go."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            if process.stdin is not None:
                process.stdin.close()

    def _launch(self, ready_fd: int) -> subprocess.Popen[bytes]:
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "serving.server",
            "--port=-1",
            "--rest_api_port=-1",
            f"--bind_address={_LOOPBACK}",
            f"--model_name={self._model_name}",
            f"--model_base_path={self._base_path.resolve()}",
            "--max_num_load_retries=0",
            f"--ready_fd={ready_fd}",
            "--exit_on_stdin_close",
            *self._flags,
        ]
        with self.log_path.open("wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=server_environment(),
                pass_fds=(ready_fd,),
                # Ctrl-C in a terminal is for the process that started the server to handle.
                start_new_session=True,
            )

    def _await_ports(self, ready: int) -> dict[str, int]:
        deadline = time.monotonic() + self._load_timeout_s
        text = b""
        with selectors.DefaultSelector() as selector:
            selector.register(ready, selectors.EVENT_READ)
            while not text.endswith(b"\n"):
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    late = f"did not load {self._base_path} within {self._load_timeout_s:g} s"
                    raise start_failure(self._model_name, late, self.log_path)
                chunk = os.read(ready, _CHUNK)
                if not chunk:
                    ended = "ended before it served the model"
                    raise start_failure(self._model_name, ended, self.log_path)
                text += chunk
        ports: dict[str, int] = json.loads(text)
        return ports
