"""A `kubectl port-forward` to Kubeflow's API, for as long as a command needs it."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING

from pipeline.errors import TidemillError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SERVICE, _PORT = "service/ml-pipeline", 8888
_READY = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")
_SECONDS_TO_START = 20
_SECONDS_TO_END = 5


class PortForwardError(TidemillError):
    """kubectl could not reach Kubeflow's API."""


@contextlib.contextmanager
def port_forward(namespaces: Iterable[str], kubectl: Sequence[str] = ("kubectl",)) -> Iterator[str]:
    """Forwards a free port of this machine to the API; gives its URL; ends with the context.

    Args:
        namespaces: Where Kubeflow may be; the first that has its service is taken.
        kubectl: The command, with options.

    Raises:
        UsageError: There is no kubectl.
        PortForwardError: It ended, or did not get there in time.
    """
    if shutil.which(kubectl[0]) is None:
        raise UsageError(f"--port-forward needs {kubectl[0]}, which is not on the PATH")
    problem = PortForwardError(f"no namespace to look for {_SERVICE} in")
    for namespace in namespaces:
        with _kubectl(kubectl, namespace) as process:
            try:
                port = _await_port(process)
            except PortForwardError as error:
                problem = error
                continue
            yield f"http://127.0.0.1:{port}"
            return
    raise problem


@contextlib.contextmanager
def _kubectl(kubectl: Sequence[str], namespace: str) -> Iterator[subprocess.Popen[str]]:
    # Port 0, written as none: kubectl chooses a free one, and says which.
    command = [*kubectl, "port-forward", "--address=127.0.0.1", f"--namespace={namespace}"]
    with subprocess.Popen(
        [*command, _SERVICE, f":{_PORT}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Ctrl-C is meant for the command, which may have something to say before it ends.
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            _end(process)


def _await_port(process: subprocess.Popen[str]) -> int:
    """Reads what kubectl says until it forwards; goes on reading behind the caller's back."""
    assert process.stdout is not None
    said: list[str] = []
    late = threading.Timer(_SECONDS_TO_START, process.kill)
    late.start()
    try:
        for line in process.stdout:
            said.append(line.strip())
            ready = _READY.search(line)
            if ready:
                threading.Thread(target=_drain, args=(process,), daemon=True).start()
                return int(ready[1])
    finally:
        late.cancel()
    reason = said[-1] if said else f"it said nothing for {_SECONDS_TO_START} s"
    raise PortForwardError(
        f"kubectl port-forward did not reach {_SERVICE}: {reason}; check `kubectl get service "
        "--all-namespaces` and give --namespace"
    )


def _drain(process: subprocess.Popen[str]) -> None:
    """Keeps the pipe from filling up, which would stop kubectl."""
    assert process.stdout is not None
    with contextlib.suppress(ValueError, OSError):
        for _ in process.stdout:
            pass


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
