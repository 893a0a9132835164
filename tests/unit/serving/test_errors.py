import pytest

from serving.errors import (
    Code,
    DeadlineExceededError,
    NotFoundError,
    ServingError,
    UnavailableError,
)


@pytest.mark.conformance("rest.codes")
@pytest.mark.parametrize(
    ("code", "number", "status"),
    [
        (Code.INVALID_ARGUMENT, 3, 400),
        (Code.FAILED_PRECONDITION, 9, 400),
        (Code.NOT_FOUND, 5, 404),
        (Code.RESOURCE_EXHAUSTED, 8, 429),
        (Code.CANCELLED, 1, 499),
        (Code.INTERNAL, 13, 500),
        (Code.UNIMPLEMENTED, 12, 501),
        (Code.UNAVAILABLE, 14, 503),
        (Code.DEADLINE_EXCEEDED, 4, 504),
    ],
)
def test_a_code_has_its_number_and_its_http_status(code, number, status):
    assert (code.number, code.http_status) == (number, status)
    assert Code.from_number(number) is code


def test_an_http_status_that_several_codes_share_is_read_as_the_commonest():
    assert Code.from_http_status(400) is Code.INVALID_ARGUMENT
    assert Code.from_http_status(500) is Code.INTERNAL
    assert Code.from_http_status(503) is Code.UNAVAILABLE
    assert Code.from_http_status(418) is Code.UNKNOWN


def test_a_number_that_is_no_code_is_unknown():
    assert Code.from_number(99) is Code.UNKNOWN


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (Code.NOT_FOUND, NotFoundError),
        (Code.UNAVAILABLE, UnavailableError),
        (Code.DEADLINE_EXCEEDED, DeadlineExceededError),
        (Code.INTERNAL, ServingError),
    ],
)
def test_an_error_is_of_the_class_of_its_code(code, kind):
    error = ServingError.of(code, "why")
    assert type(error) is kind
    assert (error.code, error.message, str(error)) == (code, "why", f"{code.name}: why")
