from components.infra_validator.checks import Result
from components.infra_validator.examples import RequestExample
from components.infra_validator.questions import check_signatures, questions_for
from components.infra_validator.rows import RowInput

EXAMPLES = [RequestExample(b"one", {"a": [1]}), RequestExample(b"two", {"a": [2]})]
DEFAULT = (RowInput("examples", "string", (-1,)),)
ROWS = (RowInput("a", "int64", (-1,)),)


def test_serialized_examples_are_always_asked():
    (question,) = questions_for({}, EXAMPLES)
    assert (question.signature, question.examples) == ("serving_default", [b"one", b"two"])
    assert not question.as_rows


def test_rows_are_asked_where_the_model_takes_them():
    _, question = questions_for({"serving_default": DEFAULT, "serving_rows": ROWS}, EXAMPLES)
    assert (question.signature, question.examples) == ("serving_rows", [{"a": 1}, {"a": 2}])
    assert question.as_rows


def test_a_model_without_the_default_signature_fails():
    (check,) = check_signatures({"predict": DEFAULT, "__saved_model_init_op": ()}, ["a"])
    assert (check.result, check.detail) == (Result.FAILED, "has predict")


def test_a_model_that_cannot_be_read_has_no_signatures():
    (check,) = check_signatures({}, ["a"])
    assert (check.result, check.detail) == (Result.FAILED, "has none")


def test_rows_must_be_features():
    checks = check_signatures({"serving_default": DEFAULT, "serving_rows": ROWS}, ["b"])
    assert [check.result for check in checks] == [Result.OK, Result.FAILED]
