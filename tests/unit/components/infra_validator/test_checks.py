import numpy as np
import pytest

from components.infra_validator.checks import (
    Check,
    Refused,
    Result,
    check_agreement,
    check_answer,
    check_inputs,
    check_latency,
    check_state,
    passed,
    verdict_of,
)


def results(checks):
    return [check.result for check in checks]


def test_a_good_answer_passes():
    checks = check_answer("serving_default, REST", {"p": np.array([[0.1], [0.2]])}, 2)
    assert results(checks) == [Result.OK] * 3
    assert [check.name for check in checks] == [
        "serving_default, REST: status",
        "serving_default, REST: predictions",
        "serving_default, REST: finite numbers",
    ]


def test_a_refused_request_fails_with_the_servers_words():
    checks = check_answer("s", Refused("INVALID_ARGUMENT: no such input"), 2)
    assert results(checks) == [Result.FAILED, Result.NOT_RUN, Result.NOT_RUN]
    assert checks[0].detail == "INVALID_ARGUMENT: no such input"


@pytest.mark.parametrize(
    ("outputs", "detail"),
    [
        ({"p": np.zeros((3, 1))}, "p has 3 for 2 examples"),
        ({"p": np.zeros(())}, "p has 1 for 2 examples"),
        ({"p": np.zeros((2, 1)), "q": np.zeros(1)}, "q has 1 for 2 examples"),
        ({}, "the answer has no outputs"),
    ],
)
def test_a_wrong_number_of_predictions_fails(outputs, detail):
    _, size, _ = check_answer("s", outputs, 2)
    assert (size.result, size.detail) == (Result.FAILED, detail)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_fails(bad):
    _, _, finite = check_answer("s", {"p": np.array([0.5, bad])}, 2)
    assert finite.result is Result.FAILED
    assert "p has 1 of 2" in finite.detail


def test_texts_and_truths_need_not_be_finite():
    outputs = {"class": np.array([b"a", b"b"], dtype=object), "yes": np.array([True, False])}
    assert results(check_answer("s", outputs, 2)) == [Result.OK] * 3


@pytest.mark.parametrize(
    ("rest", "grpc", "result"),
    [
        ([0.1, 0.2], [0.1, 0.2], Result.OK),
        ([0.1, 0.2], [0.1, 0.200005], Result.OK),
        ([0.1, 0.2], [0.1, 0.20002], Result.FAILED),
        ([1e6], [1e6 + 1], Result.OK),
        ([1e6], [1e6 + 100], Result.FAILED),
        ([np.nan], [np.nan], Result.OK),
        ([np.nan], [1.0], Result.FAILED),
        ([np.inf], [np.inf], Result.OK),
        ([np.inf], [-np.inf], Result.FAILED),
        ([0.1], [0.1, 0.2], Result.FAILED),
        ([], [], Result.OK),
    ],
)
def test_protocols_agree_to_the_tolerance(rest, grpc, result):
    check = check_agreement("s", {"p": np.array(rest)}, {"p": np.array(grpc)})
    assert check.result is result


def test_equal_numbers_in_another_shape_disagree():
    rest, grpc = {"p": np.zeros((2, 1))}, {"p": np.zeros(2)}
    assert check_agreement("s", rest, grpc).result is Result.FAILED


def test_texts_agree_when_equal():
    texts = np.array([b"a", b"b"], dtype=object)
    assert check_agreement("s", {"c": texts}, {"c": texts.copy()}).result is Result.OK
    assert check_agreement("s", {"c": texts}, {"c": texts[::-1]}).result is Result.FAILED


def test_protocols_with_different_outputs_disagree():
    check = check_agreement("s", {"p": np.zeros(1)}, {"q": np.zeros(1)})
    assert (check.result, check.detail) == (Result.FAILED, "outputs differ: ['p'] and ['q']")


def test_agreement_needs_two_answers():
    answer = {"p": np.zeros(1)}
    assert check_agreement("s", Refused("x"), answer).result is Result.NOT_RUN
    assert check_agreement("s", answer, Refused("x")).result is Result.NOT_RUN


def test_latency_is_the_median():
    check = check_latency("REST", [0.001, 0.002, 9.0], 10)
    assert (check.result, check.detail) == (
        Result.OK,
        "median 2.0 ms of 3 requests, bound 10 ms",
    )
    assert check_latency("REST", [0.001, 0.02, 9.0], 10).result is Result.FAILED
    assert check_latency("REST", [], 10).result is Result.NOT_RUN


def test_only_available_is_available():
    assert check_state(1, {1: "AVAILABLE"}).result is Result.OK
    assert check_state(1, {1: "LOADING"}).result is Result.FAILED
    assert check_state(1, {2: "AVAILABLE"}).detail == "version 1 is not reported"


def test_an_input_that_no_client_has_fails():
    assert check_inputs("serving_rows", ["a"], ["a", "b"]).result is Result.OK
    check = check_inputs("serving_rows", ["a", "tips"], ["a", "b"])
    assert (check.result, check.detail) == (Result.FAILED, "not features of a request: tips")


def test_a_verdict_passes_when_every_check_is_ok():
    verdict = verdict_of("taxi", [passed("a", True, "x"), passed("b", True, "y")])
    assert verdict.passed
    assert verdict.rows == (("a", "ok", "x"), ("b", "ok", "y"))
    assert verdict.columns == ("check", "result", "detail")


@pytest.mark.parametrize("result", [Result.FAILED, Result.NOT_RUN])
def test_a_verdict_names_the_first_failure(result):
    verdict = verdict_of("taxi", [passed("a", True, "x"), Check("b", result, "why\nmore")])
    assert not verdict.passed
    assert verdict.headline == "taxi did not pass 1 of 2 checks; first, b: why"
    assert verdict.rows[1] == ("b", result.value, "why\nmore")
    assert "nothing was pushed" in verdict.advice
