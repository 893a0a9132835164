"""InfraValidator's backend `kubernetes` on a real cluster, beside the one that starts a process.

The executor runs here, as the process in a task's Pod would: a Pod that stands for the task's
mounts the volume at the path that its folder has on this machine.
"""

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
import yaml
from candidates import CANDIDATES, execute, rows_of, write_data
from cluster import IMAGE, WAIT_SECONDS, awaited
from kubernetes import client, watch

from components.gates import read_verdict
from components.infra_validator.cluster.refusals import ClusterRefusedError, Refusal
from components.infra_validator.cluster.settings import PodSettings
from components.infra_validator.errors import InfraValidationError

TESTS = Path(__file__).parents[1]
SERVER = {
    "command": ("python", "-m", "serving.server"),
    "cpu": "100m",
    "memory": "1Gi",
    "start_timeout_seconds": 120.0,
}
pytestmark = pytest.mark.usefixtures("task")
RULES = [
    client.V1PolicyRule(api_groups=[""], resources=["pods"], verbs=["create", "get", "delete"]),
    client.V1PolicyRule(api_groups=[""], resources=["pods/log"], verbs=["get"]),
    client.V1PolicyRule(api_groups=[""], resources=["events"], verbs=["list"]),
]


@pytest.fixture(scope="module")
def namespace(core):
    """A namespace of our own, which admits nothing but restricted Pods."""
    name = f"infra-validator-{uuid.uuid4().hex[:6]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    core.create_namespace({"metadata": {"name": name, "labels": labels}})
    yield name
    core.delete_namespace(name)


@pytest.fixture(scope="module")
def volume(core, namespace):
    """Folder on this machine of a volume in the cluster."""
    claim = {
        "metadata": {"name": "runs"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    core.create_namespaced_persistent_volume_claim(namespace, claim)
    bound = awaited(
        core.list_namespaced_persistent_volume_claim,
        namespace,
        lambda claim: claim.status.phase == "Bound",
    )
    source = core.read_persistent_volume(bound.spec.volume_name).spec
    if source.host_path is None or not Path(source.host_path.path).is_dir():
        pytest.skip("needs volumes that are folders of this machine")
    return Path(source.host_path.path)


@pytest.fixture(scope="module")
def account(core, namespace):
    """A service account with a Role of just what is documented; its token."""
    core.create_namespaced_service_account(namespace, {"metadata": {"name": "runner"}})
    rights = client.RbacAuthorizationV1Api(core.api_client)
    rights.create_namespaced_role(
        namespace, client.V1Role(metadata={"name": "runner"}, rules=RULES)
    )
    rights.create_namespaced_role_binding(
        namespace,
        {
            "metadata": {"name": "runner"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Role",
                "name": "runner",
            },
            "subjects": [{"kind": "ServiceAccount", "name": "runner"}],
        },
    )
    return token(core, namespace, "runner")


@pytest.fixture
def task(core, namespace, account, volume, tmp_path, monkeypatch):
    """A Pod that stands for the task's, and an environment as if this process ran in it."""
    name = f"task-{uuid.uuid4().hex[:6]}"
    core.create_namespaced_pod(namespace, task_pod(name, volume))
    monkeypatch.setenv("KFP_POD_NAME", name)
    monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path, namespace, account))
    yield name
    with contextlib.suppress(client.ApiException):
        core.delete_namespaced_pod(name, namespace, grace_period_seconds=0)


@pytest.fixture
def folder(volume):
    """A folder of the volume with data, where candidates and blessings go."""
    made = volume / uuid.uuid4().hex[:6]
    made.mkdir()
    write_data(made)
    return made


def task_pod(name, volume):
    return {
        "metadata": {"name": name},
        "spec": {
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "main",
                    "image": IMAGE,
                    "command": ["sleep", "100000"],
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [{"name": "runs", "mountPath": str(volume)}],
                }
            ],
            "volumes": [{"name": "runs", "persistentVolumeClaim": {"claimName": "runs"}}],
        },
    }


def token(core, namespace, name):
    request = client.AuthenticationV1TokenRequest(spec=client.V1TokenRequestSpec(audiences=[]))
    made = core.create_namespaced_service_account_token(name, namespace, request)
    return made.status.token


def kubeconfig(tmp_path, namespace, user_token):
    """Writes the administrator's kubeconfig with another user and namespace; returns its path."""
    content = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    content["users"] = [{"name": "runner", "user": {"token": user_token}}]
    for context in content["contexts"]:
        context["context"].update(user="runner", namespace=namespace)
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(content))
    return str(path)


def await_gone(core, namespace, name):
    """Waits until there is no such Pod."""
    pods = core.list_namespaced_pod(namespace, field_selector=f"metadata.name={name}")
    if pods.items:
        stream = watch.Watch().stream(
            core.list_namespaced_pod,
            namespace,
            field_selector=f"metadata.name={name}",
            resource_version=pods.metadata.resource_version,
            timeout_seconds=WAIT_SECONDS,
        )
        assert any(event["type"] == "DELETED" for event in stream), f"{name} is still there"


def servers(core, namespace):
    label = "app.kubernetes.io/name=tidemill-infra-validator"
    pods = core.list_namespaced_pod(namespace, label_selector=label).items
    return [pod for pod in pods if pod.metadata.deletion_timestamp is None]


def in_a_pod(folder, blessing="blessing", **settings):
    text = PodSettings(**{**SERVER, **settings}).to_text()
    return execute(folder, blessing=blessing, backend="kubernetes", server_pod=text)


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_both_backends_have_the_same_verdict(core, namespace, folder, candidate):
    CANDIDATES[candidate](folder)

    here = execute(folder, blessing="here")
    there = in_a_pod(folder, blessing="there")

    results = [
        {name: result for name, (result, _) in rows_of(blessing).items()}
        for blessing in (here, there)
    ]
    assert results[0] == results[1]
    assert list(results[0]) == list(results[1])
    assert read_verdict(there.uri).passed is (candidate == "good")
    assert there.get_int_custom_property("blessed") == int(candidate == "good")
    headlines = [read_verdict(each.uri).headline for each in (here, there)]
    assert headlines[0].partition(":")[0] == headlines[1].partition(":")[0]
    assert (Path(there.uri) / "server.log").stat().st_size
    assert servers(core, namespace) == []


def test_an_operation_that_no_server_has_is_named_in_the_verdict(folder):
    CANDIDATES["missing op"](folder)
    result, detail = rows_of(in_a_pod(folder))["load"]
    assert result == "failed"
    assert "ParseOurExample" in detail
    assert "exit status" in detail


def test_a_model_that_needs_more_memory_than_a_server_has_is_a_verdict(folder):
    CANDIDATES["good"](folder)
    result, detail = rows_of(in_a_pod(folder, memory="64Mi"))["load"]
    assert result == "failed"
    assert "more memory than its limit" in detail


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"image": "localhost/no-such-server:1"}, "ErrImagePull|ImagePullBackOff"),
        ({"memory": "900Gi", "start_timeout_seconds": 5.0}, "Unschedulable"),
        ({"command": ("no-such-server",)}, "no such command"),
        ({"memory": "1Xi"}, "the Pod is not valid"),
    ],
)
def test_what_is_no_models_fault_is_no_verdict(core, namespace, folder, settings, said):
    CANDIDATES["good"](folder)
    with pytest.raises(InfraValidationError, match=said) as caught:
        in_a_pod(folder, **settings)
    assert "infra_validator.kubernetes" in str(caught.value)
    assert not (folder / "blessing" / "INFRA_NOT_BLESSED").exists()
    assert servers(core, namespace) == []


def test_a_quota_that_is_used_up_is_no_verdict(core, namespace, folder):
    CANDIDATES["good"](folder)
    quota = {"metadata": {"name": "team"}, "spec": {"hard": {"limits.memory": "10Mi"}}}
    core.create_namespaced_resource_quota(namespace, quota)
    awaited(core.list_namespaced_resource_quota, namespace, lambda each: bool(each.status.hard))
    try:
        with pytest.raises(ClusterRefusedError, match="exceeded quota: team") as caught:
            in_a_pod(folder, start_timeout_seconds=5.0)
    finally:
        core.delete_namespaced_resource_quota("team", namespace)
    assert caught.value.kind is Refusal.QUOTA


def test_an_account_without_the_role_is_told_what_it_lacks(
    core, namespace, folder, tmp_path, monkeypatch
):
    CANDIDATES["good"](folder)
    other = kubeconfig(tmp_path, namespace, token(core, namespace, "default"))
    monkeypatch.setenv("KUBECONFIG", other)
    with pytest.raises(ClusterRefusedError, match="a Role with create, get and delete") as caught:
        in_a_pod(folder)
    assert caught.value.kind is Refusal.RIGHTS


# Runs the real executor, but says where its server is when that is ready, and stays there.
IN_THE_MIDDLE = f"""
import contextlib, os, pathlib, signal, sys
sys.path[:0] = [{str(TESTS.parent)!r}, {str(TESTS / "helpers")!r}]
import candidates
from components.infra_validator import executor

class Terminated(Exception):
    pass

def terminate(number, frame):
    raise Terminated

def stay(endpoints):
    os.write(1, endpoints.rest.encode() + b"\\n")
    while True:
        signal.pause()

signal.signal(signal.SIGTERM, terminate)
executor.open_clients = lambda *_: contextlib.contextmanager(stay)
executor._ASKING_SECONDS = executor._ASKING_BOUNDS = 0
candidates.execute(
    pathlib.Path(sys.argv[1]),
    backend="kubernetes",
    server_pod=sys.argv[2],
    load_timeout_seconds=30.0,
)
"""


def strike(core, namespace, folder, number):
    """Sends a signal to a node whose server is ready; returns the name of the server's Pod."""
    CANDIDATES["good"](folder)
    settings = PodSettings(**{**SERVER, "start_timeout_seconds": 30.0}).to_text()
    command = [sys.executable, "-c", IN_THE_MIDDLE, str(folder), settings]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as node:
        address = node.stdout.readline().partition(":")[0]
        (pod,) = servers(core, namespace)
        assert pod.status.pod_ip == address
        node.send_signal(number)
    return pod.metadata.name


def test_a_node_that_is_told_to_end_takes_its_server_along(core, namespace, folder):
    strike(core, namespace, folder, signal.SIGTERM)
    assert servers(core, namespace) == []


def test_a_killed_nodes_server_ends_in_time_and_goes_with_the_tasks_pod(
    core, namespace, task, folder
):
    name = strike(core, namespace, folder, signal.SIGKILL)
    ended = awaited(
        core.list_namespaced_pod,
        namespace,
        lambda pod: pod.metadata.name == name and pod.status.phase == "Failed",
    )
    assert ended.status.reason == "DeadlineExceeded"

    core.delete_namespaced_pod(task, namespace, grace_period_seconds=0)
    await_gone(core, namespace, name)
