"""Whether a model can be evaluated, and two be compared."""

from __future__ import annotations

import pytest

from components.evaluator.errors import EvaluationError
from components.evaluator.interface import Asked, check_candidate, why_not_comparable
from components.saved_model import Signature, Tensor

ASKED = Asked("serving_default", "big_tip")
FLOAT, INT = Tensor("float", (-1, 1)), Tensor("int64", (-1, 1))


def model(**changes):
    signatures = {
        "serving_default": {"probabilities": FLOAT},
        "transform_features": {"big_tip": INT, "fare": FLOAT},
        "__saved_model_init_op": {"__saved_model_init_op": INT},
    }
    changed = {**signatures, **changes}
    return {name: Signature({}, its) for name, its in changed.items() if its is not None}


def test_a_model_that_has_all_is_taken():
    check_candidate(model(), ASKED)
    assert why_not_comparable(model(), model(), ASKED) == ""


@pytest.mark.parametrize(
    ("signatures", "words"),
    [
        (model(serving_default=None), ("'serving_default'", "evaluator.signature")),
        (model(transform_features=None), ("'transform_features'", "export_model")),
        (model(transform_features={"fare": FLOAT}), ("'big_tip'", "fare", "transform.label")),
        ({}, ("but none",)),
    ],
)
def test_what_a_model_lacks_is_named_with_what_it_has(signatures, words):
    with pytest.raises(EvaluationError) as caught:
        check_candidate(signatures, ASKED)

    message = str(caught.value)
    assert all(word in message for word in words)
    assert "__saved_model" not in message
    assert why_not_comparable(signatures, model(), ASKED) == message


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        (model(serving_default={"predictions": FLOAT}), "'predictions'"),
        (model(serving_default={"probabilities": Tensor("float", (-1, 3))}), "float [-1, 3]"),
        (model(transform_features={"big_tip": FLOAT}), "'big_tip' is float"),
        (model(serving_default={"probabilities": Tensor("float", None)}), "any shape"),
    ],
)
def test_a_baseline_of_another_use_case_is_not_compared(baseline, words):
    assert words in why_not_comparable(baseline, model(), ASKED)


def test_other_features_do_not_matter():
    baseline = model(transform_features={"big_tip": INT, "company": INT})
    assert why_not_comparable(baseline, model(), ASKED) == ""
