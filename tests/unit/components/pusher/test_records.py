import json

import pytest

from components.pusher.origin import DataSource, Origin, Provenance
from components.pusher.outcome import PushOutcome, not_blessed, pushed


def test_an_origin_is_flat_json_for_people_and_comes_back():
    origin = Origin(
        version=3,
        pushed_at="2026-01-01T00:00:00+00:00",
        fingerprint="abc",
        provenance=Provenance(
            pipeline="taxi",
            run_id="r1",
            model_uri="/m/1",
            model_artifact_id=1,
            data=(DataSource("/e/1", span=4, version=None, fingerprint="x"),),
            metrics={"auc": 0.9},
            software={"tfx": "1.21.0"},
        ),
    )
    fields = json.loads(origin.to_json())
    assert fields["run_id"] == "r1"
    assert fields["data"] == [{"uri": "/e/1", "span": 4, "version": None, "fingerprint": "x"}]
    assert Origin.from_json(origin.to_json()) == origin


@pytest.mark.parametrize("text", ["{}", "[]", "3", '{"data": []}', "not json"])
def test_other_text_is_no_origin(text):
    with pytest.raises(ValueError):  # noqa: PT011 broken JSON keeps json's own message
        Origin.from_json(text)


def test_an_outcome_comes_back():
    outcome = pushed("taxi", 7, "/store/taxi/7", already=True)
    assert PushOutcome.from_json(outcome.to_json()) == outcome
    assert outcome.headline == "taxi was already pushed as version 7"


def test_other_text_is_no_outcome():
    with pytest.raises(ValueError, match="not the outcome of a push"):
        PushOutcome.from_json('{"a": 1}')


@pytest.mark.parametrize(
    ("evaluator", "infra", "missing"),
    [
        (False, True, "Evaluator"),
        (True, False, "InfraValidator"),
        (False, False, "Evaluator and InfraValidator"),
    ],
)
def test_a_missing_blessing_is_named(evaluator, infra, missing):
    outcome = not_blessed("taxi", by_evaluator=evaluator, by_infra_validator=infra)
    assert outcome is not None
    assert not outcome.pushed
    assert outcome.headline == f"taxi was not pushed: it lacks the blessing of {missing}"


def test_both_blessings_forbid_nothing():
    assert not_blessed("taxi", by_evaluator=True, by_infra_validator=True) is None
