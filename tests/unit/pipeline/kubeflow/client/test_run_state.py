"""Whether another run has ended, asked from a pod."""

from __future__ import annotations

import pytest

from pipeline.kubeflow.client.run_state import has_ended

RUN = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def state(fake):
    """Returns what is learned of a run that is in some state, or is not there."""

    def ask(state=None):
        fake.runs = {RUN: {"run_id": RUN, "state": state}} if state else {}
        return has_ended(RUN, {"KF_PIPELINES_ENDPOINT": fake.url})

    return ask


@pytest.mark.parametrize(
    ("known", "ended"),
    [
        ("SUCCEEDED", True),
        ("FAILED", True),
        ("CANCELED", True),
        ("RUNNING", False),
        ("CANCELING", False),
        ("PAUSED", False),
        (None, True),  # deleted
    ],
)
def test_what_kubeflow_says(state, known, ended):
    assert state(known) is ended


def test_a_token_goes_along(fake, tmp_path):
    token = tmp_path / "token"
    token.write_text("secret\n")
    has_ended(RUN, {"KF_PIPELINES_ENDPOINT": fake.url, "KF_PIPELINES_SA_TOKEN_PATH": str(token)})

    assert fake.headers[-1]["Authorization"] == "Bearer secret"


def test_who_learns_nothing_takes_it_for_going_on(fake, refused):
    named = {"KF_PIPELINES_ENDPOINT": fake.url}
    fake.next_error = (RUN, refused((7, 403), "User 'me' is not authorized"))

    assert not has_ended(RUN, named)
    assert not has_ended(RUN, {"KF_PIPELINES_ENDPOINT": f"{fake.url}/other"})
    assert not has_ended(RUN, {"KF_PIPELINES_ENDPOINT": "http://127.0.0.1:9"})
    assert not has_ended(RUN, {})
