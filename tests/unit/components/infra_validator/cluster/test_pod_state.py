import pytest

from components.infra_validator.cluster.pod_state import (
    Ended,
    Loading,
    Lost,
    Ready,
    Trouble,
    Waiting,
    pod_state,
)


@pytest.fixture
def state_of(cluster):
    return lambda status, **metadata: pod_state(
        cluster.model_of({"metadata": metadata, "status": status})
    )


def condition(kind, status, reason=None, message=None):
    return {
        "phase": "Pending",
        "conditions": [{"type": kind, "status": status, "reason": reason, "message": message}],
    }


def test_from_pending_to_ready(cluster, state_of):
    assert state_of(cluster.PENDING) == Waiting(Trouble.NONE, "it is Pending")
    assert state_of(cluster.LOADING) == Loading()
    assert state_of(cluster.READY) == Ready("10.244.1.7")


def test_a_pod_that_no_node_takes(state_of):
    said = "0/2 nodes are available: 2 Insufficient memory."
    assert state_of(condition("PodScheduled", "False", "Unschedulable", said)) == Waiting(
        Trouble.NODE, f"Unschedulable: {said}"
    )


@pytest.mark.parametrize(
    ("reason", "trouble"),
    [
        ("ErrImagePull", Trouble.IMAGE),
        ("ImagePullBackOff", Trouble.IMAGE),
        ("InvalidImageName", Trouble.HOPELESS),
        ("CreateContainerConfigError", Trouble.HOPELESS),
        ("CreateContainerError", Trouble.CONTAINER),
        ("ContainerCreating", Trouble.NONE),
    ],
)
def test_a_container_that_waits(cluster, state_of, reason, trouble):
    status = cluster.status("Pending", waiting={"reason": reason, "message": "why"})
    assert state_of(status) == Waiting(trouble, f"{reason}: why")


@pytest.mark.parametrize(
    ("terminated", "reason"),
    [
        ({"exitCode": 255}, "ended before it served the model (exit status 255)"),
        ({"exitCode": 139, "signal": 11}, "ended before it served the model (signal 11)"),
        (
            {"exitCode": 137, "reason": "OOMKilled"},
            "was killed because it needed more memory than its limit",
        ),
    ],
)  # fmt: skip
def test_a_server_that_ends_does_so_for_its_model(cluster, state_of, terminated, reason):
    assert state_of(cluster.status("Failed", terminated=terminated)) == Ended(reason)


@pytest.mark.parametrize(
    "terminated",
    [
        {"exitCode": 128, "reason": "StartError", "message": "exec: no such file"},
        {"exitCode": 127, "reason": "Error"},
    ],
)
def test_an_image_without_the_command_is_no_models_fault(cluster, state_of, terminated):
    state = state_of(cluster.status("Failed", terminated=terminated))
    assert state.trouble is Trouble.HOPELESS
    assert "no such command" in state.reason


@pytest.mark.parametrize("reason", ["Evicted", "DeadlineExceeded", "NodeShutdown", "OutOfcpu"])
def test_what_the_kubelet_ends_is_lost_whatever_its_container_says(cluster, state_of, reason):
    status = cluster.status(
        "Failed", reason=reason, message="low on memory", terminated={"exitCode": 137}
    )
    assert state_of(status) == Lost(f"{reason}: low on memory")


def test_a_pod_that_is_deleted_or_preempted_is_lost(cluster, state_of):
    deleted = state_of(cluster.READY, deletionTimestamp="2026-11-21T17:00:00Z")
    assert deleted == Lost("it was deleted")
    preempted = condition("DisruptionTarget", "True", "PreemptionByScheduler", "preempting")
    assert state_of(preempted) == Lost("PreemptionByScheduler: preempting")


def test_a_pod_that_failed_without_a_container_is_lost(state_of):
    assert isinstance(state_of({"phase": "Failed", "message": "node affinity"}), Lost)


def test_another_container_does_not_count(cluster, state_of):
    status = cluster.status("Pending", terminated={"exitCode": 1})
    status["containerStatuses"][0]["name"] = "istio-init"
    assert isinstance(state_of(status), Waiting)
