"""The baseline is the model pushed last, and never the candidate; and what Pusher is told."""

from __future__ import annotations

import pytest

SNIPPET = """
from components.resolver.latest_pushed import LatestPushedModelStrategy
from tfx.types import standard_artifacts

def artifact(kind, its_id, **properties):
    made = kind()
    made.id = its_id
    for name, value in properties.items():
        set_it = made.set_string_custom_property if isinstance(value, str) else (
            made.set_int_custom_property)
        set_it(name, value)
    return made

def pushed(its_id, model_id, version, accepted=1, destination="/no/such"):
    return artifact(standard_artifacts.PushedModel, its_id, pushed=accepted, model_id=model_id,
                    pushed_destination=destination,
                    **({"pushed_version": version} if accepted else {}))

def blessing(its_id, model, baseline=None, blessed=1, gone=None):
    against = {} if baseline is None else {"baseline_model_id": baseline}
    against |= {} if gone is None else {"gone_baseline_id": gone}
    return artifact(standard_artifacts.ModelBlessing, its_id, blessed=blessed,
                    current_model_id=model, **against)

def resolve(pushes, candidate, blessings=(), deleted=()):
    models = [artifact(standard_artifacts.Model, its_id) for its_id in (1, 2, 3)]
    inputs = {"candidate": [m for m in models if m.id == candidate],
              "model": [m for m in models if m.id not in deleted],
              "pushed_model": pushes, "blessing": list(blessings), "earlier_pushes": pushes}
    resolved = LatestPushedModelStrategy().resolve_artifacts(None, inputs)
    assert resolved["candidate"] == inputs["candidate"]
    # What a resolver gives out is recorded in every run: it must not grow with them.
    assert resolved["blessing"] == []
    return resolved

def baseline(*case, **more):
    resolved = resolve(*case, **more)
    return [*(m.id for m in resolved["model"]),
            *(["gone", push.id] for push in resolved["pushed_model"])]

def earlier(pushes, candidate):
    return [push.id for push in resolve(pushes, candidate)["earlier_pushes"]]

one = [pushed(10, 1, "100")]
two = [pushed(20, 2, "200"), *one]
first = blessing(11, 1)
second = blessing(21, 2, baseline=1)
answer({"earlier": {
    "nothing pushed": earlier([], 1),
    "a new model": earlier(two, 3),
    "a model whose push was refused": earlier([*two, pushed(30, 3, "", accepted=0)], 3),
    "the model pushed last": earlier(two, 2),
    "found pushed since": earlier([*two, pushed(30, 2, "200")], 2),
    "an older model": earlier(two, 1),
    "a model that was rolled back": earlier([*two, pushed(30, 1, "300")], 2),
    "the model rolled back to": earlier([*two, pushed(30, 1, "300")], 1),
}, "baseline": {
    "nothing pushed": baseline([], 1),
    "a second model": baseline(one, 2, [first]),
    "a third model": baseline(two, 3, [first, second]),
    "a refused push": baseline([*two, pushed(30, 3, "", accepted=0)], 1),
    "unchanged after one push": baseline(one, 1, [first]),
    "unchanged after two pushes": baseline(two, 2, [first, second]),
    "an older configuration": baseline(two, 1, [first, second]),
    "an older model found already pushed": baseline([*two, pushed(30, 1, "100")], 3),
    "an older model pushed again as the newest": baseline([*two, pushed(30, 1, "300")], 3),
    "and run again": baseline([*two, pushed(30, 1, "300")], 1, [first, second]),
    "blessed twice": baseline(two, 2, [second, blessing(31, 2, baseline=3)]),
    "judged later and not blessed": baseline(two, 2, [second, blessing(31, 2, 3, blessed=0)]),
    "versions of many digits": baseline([pushed(20, 2, "1000"), pushed(30, 1, "999")], 3),
    "marked as deleted": baseline(two, 3, deleted=(2,)),
    "a push of a model that is not known": baseline([pushed(20, 0, "200"), *one], 3),
    "blessed against a copy": baseline(
        [two[0], pushed(10, 1, "100", destination="/")], 2, [blessing(21, 2, gone=10)],
        deleted=(1,)),
    "blessed against a copy that is gone": baseline(two, 2, [blessing(21, 2, gone=10)],
                                                    deleted=(1,)),
}})
"""


@pytest.fixture(scope="module")
def answers(leanly):
    return leanly(SNIPPET)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("nothing pushed", []),
        ("a second model", [1]),
        ("a third model", [2]),
        ("a refused push", [2]),
        # What is the latest pushed model itself has the baseline of its own evaluation again.
        ("unchanged after one push", []),
        ("unchanged after two pushes", [1]),
        ("an older configuration", [2]),
        ("an older model found already pushed", [2]),
        ("an older model pushed again as the newest", [1]),
        ("and run again", []),
        ("blessed twice", [1]),
        ("judged later and not blessed", [1]),
        ("versions of many digits", [2]),
        ("marked as deleted", [["gone", 20]]),
        ("a push of a model that is not known", [["gone", 20]]),
        ("blessed against a copy", [["gone", 10]]),
        ("blessed against a copy that is gone", []),
    ],
)
def test_the_baseline(answers, case, expected):
    assert answers["baseline"][case] == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("nothing pushed", []),
        ("a new model", []),
        ("a model whose push was refused", []),
        ("the model pushed last", [20]),
        ("found pushed since", [20]),
        ("an older model", [10, 20]),
        ("a model that was rolled back", [20, 30]),
        ("the model rolled back to", [30]),
    ],
)
def test_what_pusher_is_told_of_earlier_pushes(answers, case, expected):
    assert answers["earlier"][case] == expected
