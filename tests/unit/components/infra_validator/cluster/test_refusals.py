import json

import pytest

from components.infra_validator.cluster.refusals import (
    ClusterRefusedError,
    Refusal,
    message_of,
    refusal_of,
)
from components.infra_validator.errors import InfraValidationError

# As API servers of version 1.34 say it.
RBAC = (
    'pods is forbidden: User "system:serviceaccount:kubeflow:runner" cannot create resource '
    '"pods" in API group "" in the namespace "kubeflow"'
)
QUOTA = (
    'pods "x" is forbidden: exceeded quota: team, requested: requests.memory=2Gi, '
    "used: requests.memory=7Gi, limited: requests.memory=8Gi"
)
LIMIT = 'pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi'
STANDARD = 'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'
NOT_FOUND = 'pods "x" not found'
EXISTS = 'pods "x" already exists'
RACE = (
    'Operation cannot be fulfilled on resourcequotas "team": the object has been modified; '
    "please apply your changes to the latest version and try again"
)
WRONG = 'Pod "x" is invalid: spec.containers[0].image: Required value'


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (403, RBAC, Refusal.RIGHTS),
        (401, "Unauthorized", Refusal.RIGHTS),
        (403, QUOTA, Refusal.QUOTA),
        (403, LIMIT, Refusal.POLICY),
        (403, STANDARD, Refusal.POLICY),
        (404, NOT_FOUND, Refusal.GONE),
        (409, EXISTS, Refusal.EXISTS),
        (409, RACE, Refusal.AWAY),
        (422, WRONG, Refusal.INVALID),
        (400, "bad request", Refusal.INVALID),
        (429, "too many", Refusal.AWAY),
        (503, "unavailable", Refusal.AWAY),
        (0, "SSL", Refusal.AWAY),
    ],
)
def test_refusals_are_told_apart(status, message, kind):
    assert refusal_of(status, message) is kind


@pytest.mark.parametrize("kind", Refusal)
def test_an_error_is_one_sentence_with_the_fix(kind):
    error = ClusterRefusedError(kind, QUOTA, doing="making Pod x in kubeflow")
    assert isinstance(error, InfraValidationError)
    assert str(error).startswith("making Pod x in kubeflow failed")
    assert QUOTA in str(error)
    assert "\n" not in str(error)


def test_the_message_is_taken_out_of_what_the_api_answers():
    body = json.dumps({"kind": "Status", "message": RBAC, "code": 403})
    assert message_of(body, "403 Forbidden") == RBAC
    for other in (None, "", b"<html>", "[]", "{}"):
        assert message_of(other, "403 Forbidden") == "403 Forbidden"
