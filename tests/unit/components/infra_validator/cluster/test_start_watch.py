import pytest

from components.infra_validator.cluster.pod_state import (
    Ended,
    Loading,
    Lost,
    Ready,
    Trouble,
    Waiting,
)
from components.infra_validator.cluster.start_watch import Limits, StartWatch
from components.infra_validator.errors import InfraValidationError, ModelNotServedError


@pytest.fixture
def watch():
    return StartWatch(Limits(start_seconds=300, load_seconds=60), now=1000)


def test_a_server_that_gets_ready(watch):
    assert watch.see(Waiting(Trouble.NODE, "autoscaling"), 1290) is None
    assert watch.see(Loading(), 1299) is None
    assert watch.see(Loading(), 1359) is None
    assert watch.see(Ready("10.0.0.1"), 1360) == Ready("10.0.0.1")


def test_a_model_has_its_time_from_the_start_of_its_server(watch):
    watch.see(Loading(), 1250)
    with pytest.raises(ModelNotServedError, match="did not load the model within 60 s"):
        watch.see(Loading(), 1311)


def test_a_server_that_ended_is_a_verdict(watch):
    with pytest.raises(ModelNotServedError, match="exit status 255"):
        watch.see(Ended("ended (exit status 255)"), 1001)


def test_a_pod_that_was_taken_away_is_an_error(watch):
    with pytest.raises(InfraValidationError, match="says nothing about the model: Evicted"):
        watch.see(Lost("Evicted"), 1001)


@pytest.mark.parametrize(
    ("trouble", "seconds", "fix"),
    [
        (Trouble.NONE, 300, "start_timeout_seconds"),
        (Trouble.NODE, 300, "infra_validator.kubernetes.cpu"),
        (Trouble.IMAGE, 45, "infra_validator.kubernetes.image"),
        (Trouble.CONTAINER, 45, "correct infra_validator.kubernetes"),
        (Trouble.HOPELESS, 0, "correct infra_validator.kubernetes"),
    ],
)
def test_what_stops_a_pod_is_given_the_time_that_it_may_take_to_pass(watch, trouble, seconds, fix):
    state = Waiting(trouble, "the reason")
    began = 1000
    if seconds:
        assert watch.see(state, began) is None
        assert watch.see(state, began + seconds) is None
    with pytest.raises(InfraValidationError, match=r"did not start.*: the reason; ") as caught:
        watch.see(state, began + seconds + 1)
    assert fix in str(caught.value)


def test_a_registry_that_comes_back_has_its_time_anew(watch):
    image = Waiting(Trouble.IMAGE, "ErrImagePull")
    watch.see(image, 1000)
    watch.see(Waiting(Trouble.NONE, "pulling"), 1040)
    assert watch.see(image, 1080) is None
