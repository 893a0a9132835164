import json

import numpy as np
import pytest
from google.protobuf import struct_pb2
from stopped_watch import StoppedWatch

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server import rest_handler
from serving.server.metrics import ServerMetrics
from serving.server.model_service import ModelService
from serving.server.must_wait import MustWaitError
from serving.server.rest_handler import RestHandler
from serving.server.rest_request import RestRequest
from serving.server.transitions import State, VersionStatus
from serving.signature import Signature, TensorSpec

HALVE = Signature(
    "serving_default",
    inputs={"x": TensorSpec("x", "float")},
    outputs={"y": TensorSpec("y", "float")},
)


CLASSIFY = Signature(
    "classify",
    inputs={"inputs": TensorSpec("inputs", "string")},
    outputs={"scores": TensorSpec("scores", "float")},
)
REGRESS = Signature(
    "regress",
    inputs={"inputs": TensorSpec("inputs", "string")},
    outputs={"outputs": TensorSpec("outputs", "float")},
)


class FakeServable:
    def __init__(self):
        self.signatures = {s.name: s for s in (HALVE, CLASSIFY, REGRESS)}
        self.signature_defs = dict.fromkeys(self.signatures, struct_pb2.Struct())
        self.may_take_long = False

    def run(self, signature, inputs, timeout_s=None, *, at_once=False):
        assert 0 < timeout_s <= 5
        if at_once and self.may_take_long:
            raise MustWaitError
        if signature.name == "classify":
            size = len(inputs["inputs"])
            return {"scores": np.full((size, 2), 0.5, np.float32)}
        if signature.name == "regress":
            return {"outputs": np.array([[len(text)] for text in inputs["inputs"]], np.float32)}
        if inputs["x"].size > 3:
            raise ServingError.of(Code.RESOURCE_EXHAUSTED, "too many")
        if inputs["x"].size == 3:
            raise RuntimeError("a bug")
        return {"y": inputs["x"] / np.float32(2)}

    def close(self):
        raise AssertionError("still in use")


@pytest.fixture
def servable():
    return FakeServable()


@pytest.fixture
def handler(servable):
    service = ModelService()
    service.labels = {"m": {"stable": 2}}
    versions = service.versions_of("m")
    versions.publish(2, servable)
    versions.record(VersionStatus(3, State.END, ServingError.of(Code.NOT_FOUND, "gone"), 1))
    return RestHandler(service, ServerMetrics())


@pytest.fixture(autouse=True)
def _without_tensorflow(monkeypatch):
    """Stands in for the encoding as tf.Example: as many bytes as there are features."""

    def serialize(_context, examples):
        return np.array([b"x" * len(example) for example in examples], dtype=object)

    monkeypatch.setattr(rest_handler, "serialize_examples", serialize)


def request(method, path, body=b""):
    return RestRequest(method, path, body, timeout_s=5)


def post(handler, path, document):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    answer = handler.answer(request("POST", path, body))
    return answer.status, json.loads(answer.body)


def get(handler, path):
    answer = handler.answer(request("GET", path))
    return answer.status, json.loads(answer.body)


def test_predict_by_rows_and_by_columns(handler):
    assert post(handler, "/v1/models/m:predict", {"instances": [1, 3]}) == (
        200,
        {"predictions": [0.5, 1.5]},
    )
    assert post(handler, "/v1/models/m/versions/2:predict", {"inputs": 1}) == (
        200,
        {"outputs": 0.5},
    )


@pytest.mark.conformance("rest.not_found", "rest.unknown_signature", "rest.check_order")
@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/v1/models/n:predict", {"instances": [1]}, 404, "request: Latest(n)"),
        ("/v1/models/n/versions/1:predict", {"instances": [1]}, 404, "request: Specific(n, 1)"),
        ("/v1/models/m/versions/1:predict", {"instances": [1]}, 404, "request: Specific(m, 1)"),
        ("/v1/models/m/labels/l:predict", {"instances": [1]}, 400, "Unrecognized servable version"),
        ("/v1/models/n:predict", b"{", 400, "JSON Parse error"),
        ("/v1/models/n:predict", {"signature_name": "q"}, 404, "request: Latest(n)"),
        ("/v1/models/m:predict", {"signature_name": "q"}, 400, 'name: "q" not found in signature'),
        ("/v1/models/m:predict", {"instances": [1] * 4}, 429, "too many"),
        ("/v1/models/m:predict", {"instances": [1] * 3}, 500, "a bug"),
        ("/v1/models/m:classify", {"examples": []}, 400, "'examples' value is an empty array"),
        ("/v1/models/m:classify", {}, 400, "key 'examples' is expected and was not found"),
        ("/v1/models/m:regress", {"examples": [{}]}, 400, "No regression inputs found"),
        (
            "/v1/models/m:regress",
            {"signature_name": "q", "examples": [{}]},
            400,
            "No signature was found with the name: q",
        ),
        ("/v1/models/m:explain", {}, 400, "Malformed request: POST /v1/models/m:explain"),
    ],
)
def test_errors_have_the_status_and_the_text(handler, path, body, status, text):
    got, document = post(handler, path, body)
    assert got == status
    assert list(document) == ["error"]
    assert text in document["error"]


@pytest.mark.conformance("rest.status", "rest.label")
def test_status_lists_the_versions_newest_first_with_their_errors(handler):
    status, document = get(handler, "/v1/models/m")
    assert status == 200
    assert document["model_version_status"] == [
        {
            "version": "3",
            "state": "END",
            "status": {"error_code": "NOT_FOUND", "error_message": "gone"},
        },
        {
            "version": "2",
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        },
    ]
    assert get(handler, "/v1/models/m/labels/any") == (status, document)
    assert len(get(handler, "/v1/models/m/versions/2")[1]["model_version_status"]) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/v1/models/n", "Could not find any versions of model n"),
        ("/v1/models/m/versions/9", "Could not find version 9 of model m"),
        ("/v1/models/m/versions/3/metadata", "Servable not found for request: Specific(m, 3)"),
    ],
)
def test_what_is_not_there_is_not_found(handler, path, text):
    assert get(handler, path) == (404, {"error": text})


def test_metadata_names_the_version(handler):
    assert get(handler, "/v1/models/m/metadata")[1]["model_spec"] == {
        "name": "m",
        "signature_name": "",
        "version": "2",
    }


@pytest.mark.conformance("rest.label")
def test_a_label_stands_for_its_version(handler):
    assert post(handler, "/v1/models/m/labels/stable:predict", {"inputs": 1}) == (
        200,
        {"outputs": 0.5},
    )
    assert get(handler, "/v1/models/m/labels/stable/metadata")[1]["model_spec"]["version"] == "2"
    assert get(handler, "/v1/models/m/labels/other/metadata")[0] == 400


@pytest.mark.conformance("rest.classify")
def test_classify_answers_labels_and_scores(handler):
    body = {"signature_name": "classify", "examples": [{"a": 1}, {"a": 2}]}
    rows = [[["", 0.5], ["", 0.5]]] * 2
    assert post(handler, "/v1/models/m:classify", body) == (200, {"results": rows})


@pytest.mark.conformance("rest.regress")
def test_regress_answers_numbers(handler):
    body = {"signature_name": "regress", "examples": [{}, {"a": 1}]}
    assert post(handler, "/v1/models/m:regress", body) == (200, {"results": [0.0, 1.0]})


@pytest.mark.conformance("metrics.counted")
def test_every_call_is_counted(handler):
    post(handler, "/v1/models/m:predict", {"inputs": 1})
    post(handler, "/v1/models/n:predict", {"inputs": 1})
    get(handler, "/v1/models/m")
    get(handler, "/v1/nonsense")
    lines = handler._metrics.page().splitlines()
    counts = [line.rpartition("{")[2] for line in lines if "request_count{" in line]
    assert counts == [
        'model_name="",status="INVALID_ARGUMENT"} 1',
        'model_name="m",status="OK"} 2',
        'model_name="n",status="NOT_FOUND"} 1',
    ]
    timed = [line.rpartition("{")[2] for line in lines if "request_latency_count{" in line]
    assert timed == [
        'model_name="m",API="",entrypoint="REST"} 1',
        'model_name="m",API="predict",entrypoint="REST"} 1',
    ]


@pytest.mark.conformance("metrics.counted", "rest.options")
def test_what_asks_for_nothing_or_cannot_be_read_is_counted_too(handler):
    asked = [request("OPTIONS", "/v1/a") for _ in range(3)]
    origins = ("https://a.example", "a", "")
    preflights = [handler.preflight(*pair) for pair in zip(asked, origins, strict=True)]
    assert [(answer.status, answer.body) for answer in preflights] == [
        (200, b""),
        (400, b""),
        (400, b""),
    ]
    torn = InvalidArgumentError("torn")
    answers = [handler.refuse(request("POST", path), torn) for path in (PREDICT, "/v1/a")]
    assert [(answer.status, answer.notes.model) for answer in answers] == [(400, "m"), (400, "")]
    lines = handler._metrics.page().splitlines()
    counts = [line.rpartition("{")[2] for line in lines if "request_count{" in line]
    assert counts == [
        'model_name="",status="FAILED_PRECONDITION"} 2',
        'model_name="",status="INVALID_ARGUMENT"} 1',
        'model_name="",status="OK"} 1',
        'model_name="m",status="INVALID_ARGUMENT"} 1',
    ]


@pytest.mark.conformance("better.detailed_metrics")
def test_detailed_latencies_know_failures_versions_and_signatures(handler):
    post(handler, "/v1/models/m:predict", {"inputs": 1})
    post(handler, "/v1/models/m:predict", {"inputs": "x"})
    post(handler, "/v1/models/m:predict", {"inputs": 1, "signature_name": "unheard of"})
    lines = handler._metrics.detailed_page().splitlines()
    m = 'model_name="m",version="2",signature_name'
    assert [line.rpartition("{")[2] for line in lines if "_count{" in line] == [
        f'{m}="",API="predict",entrypoint="REST",status="INVALID_ARGUMENT"}} 1',
        f'{m}="serving_default",API="predict",entrypoint="REST",status="INVALID_ARGUMENT"}} 1',
        f'{m}="serving_default",API="predict",entrypoint="REST",status="OK"}} 1',
    ]


@pytest.mark.conformance("rest.timeout")
@pytest.mark.parametrize("late_at", ["the start", "the end"])
def test_an_answer_that_nobody_waits_for_any_more_counts_as_too_late(handler, servable, late_at):
    late = RestRequest("POST", PREDICT, BODY, timeout_s=5)

    def grow_old(*_, **__):
        late.came -= 6
        return {"y": np.zeros(1, np.float32)}

    servable.run = grow_old
    if late_at == "the start":
        servable.run = None
        grow_old()
    answer = handler.answer(late)
    assert (answer.status, answer.notes.code) == (504, "DEADLINE_EXCEEDED")
    assert b"The request took longer than 5 seconds." in answer.body
    counts = [line for line in handler._metrics.page().splitlines() if "request_count{" in line]
    assert [line.rpartition("{")[2] for line in counts] == [
        'model_name="m",status="DEADLINE_EXCEEDED"} 1'
    ]


@pytest.mark.conformance("better.limits")
def test_an_input_may_only_have_so_many_elements(handler):
    handler._most_elements = 2
    assert post(handler, "/v1/models/m:predict", {"inputs": [1, 2]})[0] == 200
    status, answer = post(handler, "/v1/models/m:predict", {"inputs": [[1, 2], [3, 4]]})
    assert status == 400
    assert "x: it has 4 elements, and this server takes at most 2" in answer["error"]


PREDICT, BODY = "/v1/models/m:predict", b'{"inputs": 1}'


@pytest.fixture(autouse=True)
def always_short(monkeypatch):
    monkeypatch.setattr("serving.server.pace.Stopwatch", StoppedWatch)


def answer_often(handler, path=PREDICT, body=BODY):
    for _ in range(20):
        assert not handler.is_short(path, len(body))
        handler.answer(request("POST", path, body))


def test_answers_are_short_once_twenty_of_that_path_and_size_were(handler):
    answer_often(handler)
    assert handler.is_short(PREDICT, len(BODY))
    assert not handler.is_short(PREDICT, len(BODY) + 1)
    assert not handler.is_short("/v1/models/m/versions/2:predict", len(BODY))
    at_once = handler.answer_at_once(request("POST", PREDICT, BODY))
    assert (at_once.status, at_once.body) == (
        200,
        handler.answer(request("POST", PREDICT, BODY)).body,
    )
    assert handler.answer_at_once(request("POST", PREDICT, b"{")).status == 400


def test_long_bodies_are_never_short(handler):
    body = b" " * 2**16 + BODY
    answer_often(handler, body=body)
    assert not handler.is_short(PREDICT, len(body))


def test_the_model_has_the_last_word_and_nothing_is_counted_twice(handler, servable):
    answer_often(handler)
    servable.may_take_long = True
    assert handler.answer_at_once(request("POST", PREDICT, BODY)) is None
    assert not handler.is_short(PREDICT, len(BODY))
    assert handler._metrics.request_count.first_value() == 20
    assert handler.answer(request("POST", PREDICT, BODY)).status == 200


def test_only_predict_is_answered_at_once(handler):
    body = b'{"signature_name": "classify", "examples": [{}]}'
    assert handler.answer_at_once(request("POST", "/v1/models/m:classify", body)) is None
    assert handler.answer_at_once(request("GET", "/v1/models/m")) is None
