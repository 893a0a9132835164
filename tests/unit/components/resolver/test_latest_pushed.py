"""The baseline is the model pushed last, and never the candidate."""

from __future__ import annotations

import pytest

SNIPPET = """
from components.resolver.latest_pushed import LatestPushedModelStrategy
from tfx.types import standard_artifacts

def artifact(kind, its_id, **properties):
    made = kind()
    made.id = its_id
    for name, value in properties.items():
        if isinstance(value, str):
            made.set_string_custom_property(name, value)
        else:
            made.set_int_custom_property(name, value)
    return made

def pushed(its_id, model_id, version, **more):
    return artifact(standard_artifacts.PushedModel, its_id, pushed=1, model_id=model_id,
                    pushed_version=str(version), **more)

def refused(its_id, model_id):
    return artifact(standard_artifacts.PushedModel, its_id, pushed=0, model_id=model_id)

def baseline(pushes, candidate):
    models = [artifact(standard_artifacts.Model, its_id) for its_id in (1, 2, 3)]
    inputs = {"candidate": [m for m in models if m.id == candidate], "model": models,
              "pushed_model": pushes}
    resolved = LatestPushedModelStrategy().resolve_artifacts(None, inputs)
    assert resolved["candidate"] == inputs["candidate"]
    return [a.id for a in [*resolved["model"], *resolved["pushed_model"]]]

two = [pushed(20, 2, 200), pushed(10, 1, 100)]
rolled_back = [*two, pushed(30, 1, 300, restores="100")]
answer({
    "latest, in any order": baseline(two, 3),
    "refused push": baseline([*two, refused(30, 3)], 0),
    "candidate left out": baseline(two, 2),
    "found pushed again and again": baseline([*two, pushed(30, 2, 200), pushed(40, 2, 200)], 3),
    "an older model found pushed": baseline([*two, pushed(30, 1, 100)], 3),
    "an older model found pushed, itself": baseline([*two, pushed(30, 1, 100)], 1),
    "came back as a new version": baseline([*two, pushed(30, 1, 300)], 3),
    "greater numbers are compared as numbers": baseline([pushed(10, 1, 99), pushed(20, 2, 100)], 3),
    "rolled back": baseline(rolled_back, 3),
    "rolled back, again the bad one": baseline(rolled_back, 2),
    "rolled back, again the good one": baseline(rolled_back, 1),
    "rolled back, found pushed": baseline([*rolled_back, pushed(40, 2, 200)], 3),
    "nothing pushed": baseline([], 3),
    "only the candidate": baseline([pushed(10, 1, 100)], 1),
})
"""


@pytest.fixture(scope="module")
def answers(leanly):
    return leanly(SNIPPET)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        # Ids of the model and of the push that tells so.
        ("latest, in any order", [2, 20]),
        ("refused push", [2, 20]),
        ("candidate left out", [1, 10]),
        ("found pushed again and again", [2, 20]),
        ("an older model found pushed", [2, 20]),
        ("an older model found pushed, itself", [2, 20]),
        ("came back as a new version", [1, 30]),
        ("greater numbers are compared as numbers", [2, 20]),
        ("rolled back", [1, 30]),
        ("rolled back, again the bad one", [1, 30]),
        ("rolled back, again the good one", []),
        ("rolled back, found pushed", [1, 30]),
        ("nothing pushed", []),
        ("only the candidate", []),
    ],
)
def test_the_baseline(answers, case, expected):
    assert answers[case] == expected
