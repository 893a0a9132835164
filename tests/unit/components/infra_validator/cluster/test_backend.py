from pathlib import Path

import pytest

from components.infra_validator.backends import Endpoints
from components.infra_validator.cluster.backend import KubernetesBackend
from components.infra_validator.cluster.patience import Clock
from components.infra_validator.cluster.refusals import Refusal
from components.infra_validator.cluster.settings import PodSettings
from components.infra_validator.errors import InfraValidationError, ModelNotServedError

MODEL = Path("/tidemill/taxi/Trainer/model/7/Format-Serving")


@pytest.fixture
def backend(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("KFP_POD_NAME", "taxi-task")
    cluster.closed = set()
    return KubernetesBackend(
        PodSettings(),
        tmp_path / "server.log",
        load_timeout_seconds=60,
        asking_seconds=700,
        connect=lambda: cluster,
        knock=lambda _host, port: port not in cluster.closed,
        clock=Clock(cluster.now, cluster.pause),
    )


def test_a_server_beside_the_task(cluster, backend):
    with backend.serve("taxi", MODEL) as endpoints:
        assert endpoints == Endpoints("10.244.1.7:8501", "10.244.1.7:8500")
    (manifest,) = cluster.made
    assert manifest["metadata"]["ownerReferences"][0]["uid"] == "8f-5a"
    assert manifest["spec"]["activeDeadlineSeconds"] == 300 + 60 + 700
    mount = manifest["spec"]["containers"][0]["volumeMounts"][0]
    assert mount["subPath"] == "teams/a/taxi/Trainer/model/7/Format-Serving"
    assert cluster.servers == []


def test_two_servers_have_two_names(cluster, backend):
    for _ in range(2):
        with backend.serve("taxi", MODEL):
            pass
    names = {manifest["metadata"]["name"] for manifest in cluster.made}
    assert len(names) == 2


def test_an_address_of_ip_version_6(cluster, backend):
    cluster.script = [cluster.status(ready=True, address="fd00::7", running={})]
    with backend.serve("taxi", MODEL) as endpoints:
        assert endpoints.grpc == "[fd00::7]:8500"


def test_a_model_that_ends_its_server_is_told_in_the_words_of_the_process_backend(cluster, backend):
    cluster.text = "Op type not registered 'NoSuchOp'\n"
    cluster.script = [
        cluster.LOADING,
        cluster.status("Failed", terminated={"exitCode": 255, "reason": "Error"}),
    ]
    with pytest.raises(ModelNotServedError) as caught, backend.serve("taxi", MODEL):
        pytest.fail("there is no server")
    reason = caught.value.reason
    assert reason.startswith("the model server for taxi ended before it served the model (exit st")
    assert f"The end of its log ({backend.log_path}):" in reason
    assert "NoSuchOp" in reason
    assert cluster.servers == []


def test_a_pod_that_is_evicted_while_it_is_asked_is_no_verdict(cluster, backend):
    with pytest.raises(InfraValidationError, match="Evicted"), backend.serve("taxi", MODEL):
        cluster.script = [cluster.status("Failed", reason="Evicted", message="memory")]


def test_a_server_that_crashes_while_it_is_asked_is_for_the_checks_to_say(cluster, backend):
    with backend.serve("taxi", MODEL):
        cluster.script = [cluster.status("Failed", terminated={"exitCode": 139})]
    assert "exit status 139" in backend.log_path.read_text()


def test_a_pod_that_cannot_be_reached_is_no_verdict(cluster, backend):
    cluster.closed = {8500}
    with (
        pytest.raises(InfraValidationError, match="port 8500; let network policies"),
        backend.serve("taxi", MODEL),
    ):
        pytest.fail("it cannot be asked")
    assert cluster.servers == []


def test_a_server_that_ends_before_it_is_reached_is_a_verdict(cluster, backend):
    cluster.closed = {8500, 8501}
    cluster.script = [cluster.READY, cluster.status("Failed", terminated={"exitCode": 139})]
    with pytest.raises(ModelNotServedError, match="exit status 139"), backend.serve("taxi", MODEL):
        pytest.fail("it cannot be asked")


def test_an_api_that_is_away_at_the_start_is_waited_for(cluster, backend):
    read, answers = cluster.read, [cluster.refused(Refusal.AWAY)] * 3

    def reading(name):
        if answers:
            raise answers.pop()
        return read(name)

    cluster.read = reading
    with backend.serve("taxi", MODEL) as endpoints:
        assert endpoints.rest == "10.244.1.7:8501"


def test_a_model_on_no_volume_makes_no_pod(cluster, backend):
    with (
        pytest.raises(InfraValidationError, match="on none of the volumes"),
        backend.serve("taxi", Path("/home/me/model")),
    ):
        pytest.fail("there is no server")
    assert cluster.made == []
