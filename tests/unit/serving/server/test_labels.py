import pytest

from serving.errors import Code, ServingError
from serving.server.labels import assign_labels


def assign(wanted, current=None, *, early=False):
    return assign_labels("m", wanted, current or {}, {1, 2}, new_labels_early=early)


def test_labels_stand_for_versions_that_answer():
    assert assign({"stable": 1, "canary": 2}, {"canary": 1}) == {"stable": 1, "canary": 2}
    assert assign({}, {"canary": 1}) == {}


@pytest.mark.conformance("config.label_unavailable")
def test_a_label_for_a_version_that_does_not_answer_is_refused():
    with pytest.raises(ServingError, match="assign label to version 3 of model m") as caught:
        assign({"stable": 3})
    assert caught.value.code is Code.FAILED_PRECONDITION
    assert "which is not currently available for inference" in caught.value.message


@pytest.mark.conformance("cli.allow_version_labels_for_unavailable_models")
def test_only_a_new_label_may_come_before_its_version():
    assert assign({"new": 3}, early=True) == {"new": 3}
    assert assign({"old": 3}, {"old": 3}, early=True) == {"old": 3}
    with pytest.raises(ServingError):
        assign({"old": 3}, {"old": 1}, early=True)
