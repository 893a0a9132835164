import json
from types import SimpleNamespace

import pytest
from kubernetes.client import ApiException, CoreV1Event, CoreV1EventList, V1ObjectReference
from urllib3.exceptions import MaxRetryError

from components.infra_validator.cluster.pod_api import ClusterPodApi, connect
from components.infra_validator.cluster.refusals import ClusterRefusedError, Refusal
from components.infra_validator.errors import InfraValidationError


class Core:
    """Stands for `CoreV1Api`: answers one thing, or raises it."""

    def __init__(self, answer=None):
        self.answer = answer
        self.calls = []

    def __getattr__(self, method):
        def call(*arguments, **options):
            self.calls.append((method, arguments, options))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return call


def refusal(status, message):
    error = ApiException(status=status, reason="Refused")
    error.body = json.dumps({"kind": "Status", "message": message})
    return error


def test_a_refusal_is_named_with_what_was_tried():
    api = ClusterPodApi(Core(refusal(403, 'User "x" cannot create resource "pods"')), "kubeflow")
    with pytest.raises(ClusterRefusedError) as caught:
        api.create({"metadata": {"name": "taxi-1"}})
    assert caught.value.kind is Refusal.RIGHTS
    assert str(caught.value).startswith("making Pod taxi-1 in kubeflow failed")


def test_no_answer_is_a_refusal_that_passes():
    api = ClusterPodApi(Core(MaxRetryError(None, "/api")), "kubeflow")
    with pytest.raises(ClusterRefusedError) as caught:
        api.read("taxi-1")
    assert caught.value.kind is Refusal.AWAY


def test_deleting_what_is_gone_is_no_error():
    ClusterPodApi(Core(refusal(404, 'pods "taxi-1" not found')), "kubeflow").delete("taxi-1")
    with pytest.raises(ClusterRefusedError):
        ClusterPodApi(Core(refusal(503, "away")), "kubeflow").delete("taxi-1")


def test_a_log_is_text_whatever_the_server_wrote():
    api = ClusterPodApi(Core(SimpleNamespace(data=b"Op \xff\n\xe2\x82\xac")), "kubeflow")
    assert api.log("taxi-1") == "Op �\n€"


def test_complaints_are_those_about_the_pod():
    event = CoreV1Event(
        involved_object=V1ObjectReference(name="taxi-1"), metadata={}, reason="FailedMount",
        message="not there",
    )  # fmt: skip
    core = Core(CoreV1EventList(items=[event]))
    assert ClusterPodApi(core, "kubeflow").warnings("taxi-1") == ["FailedMount: not there"]
    ((_, _, options),) = core.calls
    assert options["field_selector"] == "involvedObject.name=taxi-1,type=Warning"


def test_every_call_ends():
    core = Core(SimpleNamespace(data=b"", items=[]))
    api = ClusterPodApi(core, "kubeflow")
    api.create({"metadata": {"name": "taxi-1"}})
    for method in (api.read, api.log, api.warnings, api.delete):
        method("taxi-1")
    assert len(core.calls) == 5
    assert all(options["_request_timeout"] for _, _, options in core.calls)


def test_without_a_cluster_the_error_names_the_other_backend(monkeypatch, tmp_path):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(InfraValidationError, match="set it to process"):
        connect()
