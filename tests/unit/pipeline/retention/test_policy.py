"""What retention keeps."""

from __future__ import annotations

import pytest

from pipeline.retention.policy import Push, RunFacts, Use, artifacts_to_keep, runs_to_keep


def runs(*outcomes):
    return [RunFacts(str(number), outcome) for number, outcome in enumerate(outcomes)]


@pytest.mark.parametrize(
    ("outcomes", "count", "kept"),
    [
        ((), 1, set()),
        (("ok", "ok", "ok"), 2, {"1", "2"}),
        (("ok", "ok"), 5, {"0", "1"}),
        # Neither failures nor runs without anything new displace what succeeded.
        (("ok", "ok", "failed", "failed", "failed"), 1, {"1", "4"}),
        (("ok", "nothing new", "nothing new", "failed", "ok"), 2, {"0", "1", "2", "3", "4"}),
    ],
)
def test_the_newest_runs_of_each_outcome_are_kept(outcomes, count, kept):
    assert runs_to_keep(runs(*outcomes), count) == kept


# A chain of two runs. Run 1: executions 10 to 15. Run 2: executions 20 to 25, the first from the
# cache.
TYPES = {
    1: "Examples",
    2: "Schema",
    3: "TransformGraph",
    4: "Examples",
    5: "Model",
    6: "ModelEvaluation",
    7: "PushedModel",
    13: "TransformGraph",
    14: "Examples",
    15: "Model",
    16: "ModelEvaluation",
    17: "PushedModel",
}
MADE_BY = {10: [1], 11: [2], 12: [3, 4], 13: [5], 14: [6], 15: [7]}
READ_BY = {11: [1], 12: [1, 2], 13: [2, 3, 4], 14: [1, 5], 15: [5, 6]}
MADE_BY |= {20: [1], 21: [2], 22: [13, 14], 23: [15], 24: [16], 25: [17]}
READ_BY |= {21: [1], 22: [1, 2], 23: [2, 13, 14], 24: [1, 15, 5], 25: [15, 16]}
RUN_1, RUN_2 = range(10, 16), range(20, 26)
PUSH_1 = Push(artifact=7, model=5, version=100, stands=True)
PUSH_2 = Push(artifact=17, model=15, version=200, stands=True)
GONE_1 = Push(artifact=7, model=5, version=100, stands=False)


def uses(made=MADE_BY, read=READ_BY):
    wrote = [Use(e, a, True) for e, artifacts in made.items() for a in artifacts]
    return wrote + [Use(e, a, False) for e, artifacts in read.items() for a in artifacts]


def kept(executions, pushes=(), types=TYPES, its_uses=None):
    return artifacts_to_keep(types, uses() if its_uses is None else its_uses, executions, pushes)


def test_a_kept_run_keeps_what_it_made_read_and_had_from_the_cache():
    # 1 and 2 are run 1's, used through the cache; 5 was its baseline.
    assert kept(RUN_2) == {1, 2, 13, 14, 15, 16, 17, 5}


def test_without_runs_and_pushes_nothing_is_kept():
    assert kept(()) == set()


def test_a_pushed_model_keeps_its_making_and_what_was_said_of_it_but_no_data():
    assert kept((), [PUSH_1]) == {5, 2, 3, 6, 7, 16}  # 16: what was said of it as a baseline


def test_a_model_that_left_the_store_stays_while_it_can_become_the_baseline():
    third = Push(artifact=27, model=25, version=300, stands=True)
    types = {**TYPES, 25: "Model", 27: "PushedModel"}

    assert 5 in kept((), [GONE_1, PUSH_2], types)
    assert 5 not in kept((), [GONE_1, PUSH_2, third], types)
    assert 15 in kept((), [GONE_1, PUSH_2, third], types)


def test_a_model_pushed_again_counts_once_among_baselines():
    again = [Push(artifact=number, model=15, version=200, stands=True) for number in (17, 18, 19)]

    assert 5 in kept((), [GONE_1, *again])


def test_that_a_version_was_found_pushed_again_is_not_worth_keeping():
    again = Push(artifact=18, model=15, version=200, stands=True)
    rollback = Push(artifact=19, model=5, version=300, stands=True, restores=True)
    types = {**TYPES, 18: "PushedModel", 19: "PushedModel"}
    pushes = kept((), [again, PUSH_2, PUSH_1, rollback], types) & {7, 17, 18, 19}

    assert pushes == {7, 17, 19}


def test_a_warm_start_does_not_keep_the_models_before_it():
    read = {**READ_BY, 23: [2, 13, 14, 5]}
    single = Push(artifact=17, model=15, version=200, stands=True)

    assert 5 not in kept((), [single], its_uses=uses(read=read))


def test_what_is_gone_already_is_not_named():
    assert kept(RUN_2, [PUSH_1], types={5: "Model"}) == {5}
