"""`kubectl port-forward`, with a stand-in for kubectl."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.kubeflow.client.port_forward import PortForwardError, port_forward
from pipeline.processes import is_alive

_KUBECTL = f"""#!{sys.executable}
import os, signal, sys
arguments = sys.argv[1:]
with open({{log!r}}, "a") as log:
    log.write(f"{{{{os.getpid()}}}} {{{{' '.join(arguments)}}}}\\n")
if "--namespace=kubeflow" not in arguments:
    print('Error from server (NotFound): services "ml-pipeline" not found', flush=True)
    sys.exit(1)
print("Forwarding from 127.0.0.1:45678 -> 8888", flush=True)
for number in range(100_000):
    print("Handling connection for 45678", flush=True)
signal.pause()
"""


@pytest.fixture
def kubectl(tmp_path):
    """The stand-in's path; beside it, `calls` gets a line for each call."""
    path = tmp_path / "kubectl"
    path.write_text(_KUBECTL.format(log=str(tmp_path / "calls")))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def calls(kubectl):
    lines = Path(kubectl).with_name("calls").read_text().splitlines()
    return [(int(pid), arguments) for pid, _, arguments in (x.partition(" ") for x in lines)]


def test_a_free_port_is_forwarded_and_given_up(kubectl):
    with port_forward(["kubeflow"], [kubectl]) as url:
        assert url == "http://127.0.0.1:45678"
        ((pid, arguments),) = calls(kubectl)
        assert arguments == (
            "port-forward --address=127.0.0.1 --namespace=kubeflow service/ml-pipeline :8888"
        )
        os.kill(pid, 0)
    assert not is_alive(pid, "")


def test_it_ends_with_an_error_of_the_command_too(kubectl):
    with pytest.raises(KeyboardInterrupt), port_forward(["kubeflow"], [kubectl]):
        raise KeyboardInterrupt
    ((pid, _),) = calls(kubectl)
    assert not is_alive(pid, "")


def test_the_first_namespace_that_has_kubeflow_is_taken(kubectl):
    with port_forward(["team", "kubeflow"], [kubectl]):
        assert len(calls(kubectl)) == 2


def test_where_there_is_none(kubectl):
    with pytest.raises(PortForwardError, match='services "ml-pipeline" not found'):
        port_forward(["team"], [kubectl]).__enter__()


def test_without_kubectl():
    with pytest.raises(UsageError, match="--port-forward needs kubectl-of-nobody"):
        port_forward(["team"], ["kubectl-of-nobody"]).__enter__()
