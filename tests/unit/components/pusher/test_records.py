import json
from dataclasses import replace
from pathlib import Path

import pytest

from components.pusher.origin import DataSource, Origin, Provenance
from components.pusher.outcome import (
    OUTCOME_FILE,
    PushOutcome,
    not_blessed,
    older_data,
    pushed,
)
from components.pusher.publish import Publication
from components.pusher.retention import Retention
from components.pusher.span_order import OlderSpan


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
            training={"seed": 42, "search": {"run_id": "r0"}, "base_model": None},
        ),
    )
    fields = json.loads(origin.to_json())
    assert fields["run_id"] == "r1"
    assert fields["data"] == [{"uri": "/e/1", "span": 4, "version": None, "fingerprint": "x"}]
    assert Origin.from_json(origin.to_json()) == origin


def test_an_origin_from_before_trainings_were_recorded_is_read():
    origin = Origin(1, "2026-01-01T00:00:00+00:00", "abc", Provenance("taxi", "r1", "/m/1", 1))
    fields = json.loads(origin.to_json())
    del fields["training"]
    assert Origin.from_json(json.dumps(fields)) == origin


@pytest.mark.parametrize("text", ["{}", "[]", "3", '{"data": []}', "not json"])
def test_other_text_is_no_origin(text):
    with pytest.raises(ValueError):  # noqa: PT011 broken JSON keeps json's own message
        Origin.from_json(text)


def test_a_rollbacks_origin_comes_back():
    its = Provenance("taxi", "r1", "/m/1", 1)
    pushed_origin = Origin(3, "2026-01-01T00:00:00+00:00", "abc", its)
    rollback = replace(pushed_origin, version=5, restores=3, rolled_back_from=4)

    assert Origin.from_json(rollback.to_json()) == rollback
    assert json.loads(rollback.to_json())["restores"] == 3
    assert "restores" not in json.loads(pushed_origin.to_json())


def stands(version=7, **changes):
    facts = {"already": False, "newest": version, **changes}
    origin = Origin(
        version, "2026-01-01T00:00:00+00:00", "abc", Provenance("taxi", "r1", "/m/1", 1)
    )
    return Publication(origin, Path(f"/store/taxi/{version}"), **facts)


def test_an_outcome_comes_back():
    outcome = pushed("taxi", stands(already=True), Retention((5, 6)))
    assert PushOutcome.from_json(outcome.to_json()) == outcome
    assert outcome.removed == (5, 6)


@pytest.mark.parametrize(
    ("publication", "retention", "headline"),
    [
        (stands(), Retention(), "taxi was pushed as version 7"),
        (stands(), Retention((5,)), "taxi was pushed as version 7; removed version 5"),
        (stands(), Retention((5, 6)), "taxi was pushed as version 7; removed versions 5, 6"),
        (stands(), Retention((), "why not"), "taxi was pushed as version 7; why not"),
        (stands(already=True), Retention(), "taxi was already pushed as version 7"),
        (
            stands(replaces=5),
            Retention(),
            "version 5 of taxi was gone from the model store and was pushed again as version 7",
        ),
        (
            stands(already=True, newest=9),
            Retention(),
            (
                "taxi was already pushed as version 7; version 9 is newer "
                "(`tidemill rollback taxi 7` goes back)"
            ),
        ),
        (
            stands(already=True, newest=9, rolled_back=True),
            Retention(),
            "taxi was already pushed as version 7 and rolled back; version 9 is the newest",
        ),
        (
            stands(already=True, newest=9, stands=False),
            Retention(),
            (
                "taxi was already pushed as version 7, whose files are gone or changed; "
                "version 9 is newer"
            ),
        ),
    ],
)
def test_the_headline_says_what_happened(publication, retention, headline):
    assert pushed("taxi", publication, retention).headline == headline


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


@pytest.mark.parametrize(
    ("spans", "dates", "headline"),
    [
        (
            (2, 4),
            False,
            (
                "taxi was not pushed: its data ends with span 2, that of version 7 in force with "
                "span 4 (--set pusher.push_older_span=true pushes it)"
            ),
        ),
        (
            (20_089, 20_090),
            True,
            (
                "taxi was not pushed: its data ends with span 20089 (2025-01-01), that of version "
                "7 in force with span 20090 (2025-01-02) "
                "(--set pusher.push_older_span=true pushes it)"
            ),
        ),
    ],
)
def test_older_data_is_named(spans, dates, headline):
    outcome = older_data("taxi", OlderSpan(spans[0], 7, spans[1]), dates=dates)
    assert (outcome.pushed, outcome.headline) == (False, headline)


@pytest.mark.parametrize(
    ("outcome", "changed"),
    [
        (pushed("taxi", stands()), True),
        (pushed("taxi", stands(replaces=5)), True),
        (pushed("taxi", stands(already=True)), False),
        (older_data("taxi", OlderSpan(2, 7, 4), dates=False), False),
    ],
)
def test_a_run_that_pushes_nothing_may_have_done_nothing_new(leanly, tmp_path, outcome, changed):
    (tmp_path / OUTCOME_FILE).write_text(outcome.to_json())
    asked = leanly(
        "from components.pusher.outcome import changed_nothing as f; answer(f(sys.argv[1]))",
        str(tmp_path),
    )
    assert asked is not changed


def test_both_blessings_forbid_nothing():
    assert not_blessed("taxi", by_evaluator=True, by_infra_validator=True) is None
