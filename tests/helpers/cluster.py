"""A real cluster, as tests reach it: kubectl, waiting for objects, forwarded ports.

The variables: KUBECONFIG names the cluster, TIDEMILL_TEST_IMAGE the image of Tidemill in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubernetes import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IMAGE = os.environ.get("TIDEMILL_TEST_IMAGE", "localhost/tidemill:dev")
GPU = "nvidia.com/gpu"
WAIT_SECONDS = 120

_FORWARDS = re.compile(r"Forwarding from (127\.0\.0\.1:\d+)")


def kubectl(*arguments: str, text: str | None = None) -> str:
    """Runs kubectl and returns what it printed; a failure is the test's."""
    done = subprocess.run(
        ["kubectl", *arguments], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def problem_with_cluster() -> str | None:
    """Returns why there is no cluster to test with, and how to get one, in a sentence."""
    config = os.environ.get("KUBECONFIG")
    if not config:
        return "KUBECONFIG names no cluster: set it to the kubeconfig of one that is for tests"
    if not Path(config).is_file():
        return f"KUBECONFIG: {config} is no file: `kind get kubeconfig > {config}` writes kind's"
    if shutil.which("kubectl") is None:
        return "kubectl is not on the PATH: install it"
    try:
        kubectl("get", "nodes")
    except AssertionError as error:
        reason = str(error).splitlines()[-1]
        return f"the cluster of KUBECONFIG does not answer, start it: {reason}"
    return None


def problem_with_nodes() -> str | None:
    """Returns what its nodes lack for a pipeline that trains on a GPU, and what to do."""
    nodes = json.loads(kubectl("get", "nodes", "--output=json"))["items"]
    if not _with_gpus(nodes):
        return f"no node offers {GPU}: add one, with the taint {GPU} and a device plugin"
    return _missing_image(nodes)


def gpu_nodes() -> list[str]:
    """Returns the names of the nodes that have GPUs, or say so."""
    return _with_gpus(json.loads(kubectl("get", "nodes", "--output=json"))["items"])


def _with_gpus(nodes: list[dict[str, Any]]) -> list[str]:
    return [
        node["metadata"]["name"] for node in nodes if int(node["status"]["allocatable"].get(GPU, 0))
    ]


def _missing_image(nodes: list[dict[str, Any]]) -> str | None:
    """Looks for an image that no registry has; others come when they are needed."""
    if not IMAGE.startswith("localhost/"):
        return None
    lacking = [node["metadata"]["name"] for node in nodes if IMAGE not in _images(node)]
    if not lacking:
        return None
    return (
        f"the image {IMAGE} is not on {' and '.join(lacking)}: load it, or have it built and "
        "loaded with a command that takes an archive: TIDEMILL_LOAD_IMAGE='kind load image-archive'"
    )


def _images(node: dict[str, Any]) -> set[str]:
    # One that is just being removed has no names.
    return {name for image in node["status"]["images"] for name in image.get("names") or ()}


def awaited(
    listing: Callable[..., Any],
    namespace: str,
    condition: Callable[[Any], bool],
    seconds: int = WAIT_SECONDS,
) -> Any:
    """Returns the object of a namespace that meets a condition, as soon as one does."""
    stream = watch.Watch().stream(listing, namespace, timeout_seconds=seconds)
    for event in stream:
        if event["type"] != "DELETED" and condition(event["object"]):
            return event["object"]
    raise AssertionError(f"not within {seconds} s in {namespace}")


@contextlib.contextmanager
def forwarded(namespace: str, target: str, port: int) -> Iterator[str]:
    """Forwards a free port of this machine to a service; yields HOST:PORT."""
    command = ["kubectl", "port-forward", f"--namespace={namespace}", target, f":{port}"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        watchdog = threading.Timer(WAIT_SECONDS, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            ready = next(filter(None, map(_FORWARDS.search, process.stdout)), None)
            watchdog.cancel()
            assert ready, f"{' '.join(command)} forwards nothing"
            # It says something about each connection, and would wait for a reader.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield ready[1]
        finally:
            watchdog.cancel()
            process.terminate()
