import pytest

from components.infra_validator.cluster.patience import Clock
from components.infra_validator.cluster.refusals import ClusterRefusedError, Refusal
from components.infra_validator.cluster.server_pod import ServerPod
from components.infra_validator.cluster.start_watch import Limits
from components.infra_validator.errors import InfraValidationError, ModelNotServedError


@pytest.fixture
def log(tmp_path):
    return tmp_path / "blessing" / "server.log"


@pytest.fixture
def pod(cluster):
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "taxi-1"}, "spec": {
        "containers": [{"name": "server"}]}}  # fmt: skip
    return ServerPod(cluster, manifest, Limits(30, 60), Clock(cluster.now, cluster.pause))


def test_it_is_there_for_as_long_as_the_context(cluster, pod, log):
    with pod.made(log):
        assert cluster.servers == ["taxi-1"]
        assert pod.await_ready() == "10.244.1.7"
    assert cluster.servers == []
    assert log.read_text() == "what the server wrote\n"


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt()])
def test_it_goes_whatever_happens(cluster, pod, log, error):
    with pytest.raises(type(error)), pod.made(log):
        raise error
    assert cluster.servers == []


def test_it_is_deleted_even_if_its_making_was_answered_too_late(cluster, pod, log):
    """The answer is lost, the Pod is there: it is found again, and deleted."""
    made = cluster.create

    def create(manifest):
        made(manifest)
        cluster.create = lambda _: (_ for _ in ()).throw(cluster.refused(Refusal.EXISTS))
        raise cluster.refused(Refusal.AWAY)

    cluster.create = create
    with pod.made(log):
        assert cluster.servers == ["taxi-1"]
    assert cluster.servers == []


def test_a_pod_that_may_not_be_made_is_an_error_at_once(cluster, pod, log):
    cluster.refusals = [cluster.refused(Refusal.RIGHTS)] * 2
    with pytest.raises(ClusterRefusedError, match="Role"), pod.made(log):
        pass
    assert cluster.time == 0


def test_quota_that_others_use_is_waited_for(cluster, pod, log):
    cluster.refusals = [cluster.refused(Refusal.QUOTA)] * 3
    with pod.made(log):
        assert cluster.servers == ["taxi-1"]


def test_quota_that_never_comes_free_is_an_error_with_the_fix(cluster, pod, log):
    cluster.refusals = [cluster.refused(Refusal.QUOTA, "exceeded quota: team")] * 100
    raised = pytest.raises(ClusterRefusedError, match=r"exceeded quota: team; raise the quota")
    with raised, pod.made(log):
        pass
    assert 30 < cluster.time < 40


def test_an_api_that_is_away_for_a_moment_is_waited_for(cluster, pod, log):
    cluster.script = [cluster.LOADING, *[cluster.refused(Refusal.AWAY)] * 5, cluster.READY]
    with pod.made(log):
        assert pod.await_ready() == "10.244.1.7"


def test_an_api_that_stays_away_is_an_error(cluster, pod, log):
    cluster.script = [cluster.refused(Refusal.AWAY)]
    with pytest.raises(ClusterRefusedError, match="does not answer"), pod.made(log):
        pod.await_ready()
    assert cluster.servers == []


def test_a_pod_that_somebody_deleted_is_lost(cluster, pod, log):
    cluster.script = [cluster.LOADING, cluster.refused(Refusal.GONE)]
    with pytest.raises(InfraValidationError, match="it was deleted"), pod.made(log):
        pod.await_ready()


def test_a_crash_is_in_the_log(cluster, pod, log):
    crash = cluster.status("Failed", terminated={"exitCode": 137, "reason": "OOMKilled"})
    cluster.script = [cluster.PENDING, cluster.LOADING, crash]
    with pytest.raises(ModelNotServedError, match="more memory than its limit"), pod.made(log):
        pod.await_ready()
    assert log.read_text().splitlines()[-1] == (
        "The server was killed because it needed more memory than its limit."
    )


def test_a_pod_that_never_ran_has_no_log(cluster, pod, log):
    cluster.script = [cluster.PENDING]
    with pytest.raises(InfraValidationError), pod.made(log):
        pod.await_ready()
    assert not log.exists()


def test_a_volume_that_is_not_mounted_is_told_by_events(cluster, pod, log):
    cluster.script = [cluster.PENDING]
    cluster.complaints = ["FailedMount: slow", "FailedAttachVolume: Multi-Attach error"]
    said = "it is Pending; FailedAttachVolume: Multi"
    with pytest.raises(InfraValidationError, match=said), pod.made(log):
        pod.await_ready()


def test_events_that_may_not_be_read_are_done_without(cluster, pod, log):
    def warnings(_name):
        raise cluster.refused(Refusal.RIGHTS)

    cluster.script, cluster.warnings = [cluster.PENDING], warnings
    with pytest.raises(InfraValidationError, match="in time: it is Pending; see"), pod.made(log):
        pod.await_ready()


def test_a_pod_that_cannot_be_deleted_does_not_hide_the_verdict(cluster, pod, log, caplog):
    def delete(_name):
        raise cluster.refused(Refusal.RIGHTS)

    cluster.delete = delete
    with pod.made(log):
        pod.await_ready()
    assert "Kubernetes ends it" in caplog.text
