"""The baseline is the model pushed last, and never the candidate."""

from __future__ import annotations

import pytest

SNIPPET = """
from components.resolver.latest_pushed import LatestPushedModelStrategy, latest_pushed_id
from tfx.types import standard_artifacts

def artifact(kind, its_id, **properties):
    made = kind()
    made.id = its_id
    for name, value in properties.items():
        made.set_int_custom_property(name, value)
    return made

def pushed(its_id, model_id, accepted=1):
    return artifact(standard_artifacts.PushedModel, its_id, pushed=accepted, model_id=model_id)

def baseline(pushes, candidate):
    models = [artifact(standard_artifacts.Model, its_id) for its_id in (1, 2, 3)]
    inputs = {"candidate": [m for m in models if m.id == candidate], "model": models,
              "pushed_model": pushes}
    resolved = LatestPushedModelStrategy().resolve_artifacts(None, inputs)
    assert resolved["candidate"] == inputs["candidate"]
    return [m.id for m in resolved["model"]]

two = [pushed(20, 2), pushed(10, 1)]
answer({
    "latest, in any order": latest_pushed_id(two, set()),
    "refused push": latest_pushed_id([*two, pushed(30, 3, accepted=0)], set()),
    "candidate left out": latest_pushed_id(two, {2}),
    "same model pushed twice": latest_pushed_id([*two, pushed(30, 1)], set()),
    "nothing pushed": latest_pushed_id([], set()),
    "only the candidate": latest_pushed_id([pushed(10, 1)], {1}),
    "resolved": baseline(two, 3),
    "resolved without the candidate": baseline(two, 2),
    "resolved to nothing": baseline([], 3),
})
"""


@pytest.fixture(scope="module")
def answers(leanly):
    return leanly(SNIPPET)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("latest, in any order", 2),
        ("refused push", 2),
        ("candidate left out", 1),
        ("same model pushed twice", 1),
        ("nothing pushed", None),
        ("only the candidate", None),
        ("resolved", [2]),
        ("resolved without the candidate", [1]),
        ("resolved to nothing", []),
    ],
)
def test_the_baseline(answers, case, expected):
    assert answers[case] == expected
