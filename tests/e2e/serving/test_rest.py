"""A real server asked by plain HTTP."""

import math

import pytest

TORN_BATCH = b"""{"signature_name": "serving_rows",
    "inputs": {"amount": [1, 2, 3], "count": [[1], [2]], "text": ["a"]}}"""
EXAMPLES = [{"x": 0.25}, {"x": 1.0}, {}]


def test_http_predict_by_rows_and_columns(http):
    answer = http.post("/v1/models/m:predict", content=b'{"instances": [1, 3.0, NaN]}')
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    first, second, third = answer.json()["predictions"]
    assert (first, second) == (0.5, 1.5)
    assert math.isnan(third)
    answer = http.post("/v1/models/m/versions/7:predict", json={"inputs": {"x": [1]}})
    assert answer.json() == {"outputs": [0.5]}


def test_http_predict_with_several_inputs_and_outputs(http):
    row = {"amount": 1.5, "count": [2], "text": {"b64": "aGk="}}
    answer = http.post(
        "/v1/models/m:predict", json={"signature_name": "serving_rows", "instances": [row]}
    )
    assert answer.json() == {
        "predictions": [{"large": False, "text": "HI", "text_bytes": {"b64": "aGk="}, "total": 3.0}]
    }


def test_http_predict_of_a_single_text(http):
    body = {"signature_name": "joined", "inputs": ["a", "b"]}
    answer = http.post("/v1/models/m:predict", json=body)
    assert answer.json() == {"outputs": "ab"}
    answer = http.post("/v1/models/m:predict", json={**body, "inputs": "c"})
    assert answer.json() == {"outputs": "c"}


@pytest.mark.conformance("rest.op_error", "rest.malformed", "rest.not_found")
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("POST", "/v1/models/m:predict", b"", 400, "The document is empty"),
        ("POST", "/v1/models/m:predict", b'{"instances": ["a"]}', 400, "not of expected type"),
        ("POST", "/v1/models/other:predict", b'{"instances": [1]}', 404, "Latest(other)"),
        ("POST", "/v1/models/m/versions/8:predict", b'{"inputs": 1}', 404, "Specific(m, 8)"),
        ("POST", "/v1/models/m:predict?x", b"{}", 400, "Malformed request: POST /v1/models/m:pr"),
        ("PUT", "/v1/models/m", b"", 400, "Malformed request: PUT /v1/models/m"),
        ("GET", "/v1/models/other", b"", 404, "Could not find any versions of model other"),
        ("GET", "/v1/models/m%2", b"", 404, "Could not find any versions of model m%2"),
        (
            "POST",
            "/v1/models/m:predict",
            b'{"signature_name": "checked", "instances": [9]}',
            400,
            "assertion failed: [Condition x < y",
        ),
        (
            "POST",
            "/v1/models/m:predict",
            b'{"signature_name": "checked", "instances": [1]}',
            400,
            "Tensor name: scalar has no shape information",
        ),
        (
            "POST",
            "/v1/models/m:predict",
            TORN_BATCH,
            400,
            "Incompatible shapes",
        ),
    ],
)
def test_http_errors(http, method, path, body, status, text):
    answer = http.request(method, path, content=body)
    assert answer.status_code == status
    assert text in answer.json()["error"]
    assert "Graph execution error" not in answer.text


@pytest.mark.conformance("rest.op_error")
@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (
            b'{"signature_name": "checked", "instances": [9]}',
            ["assertion failed: [Condition x < y did not hold", "{{node assert_less/Assert"],
        ),
        (TORN_BATCH, ["Incompatible shapes", "{{node mul}}"]),
    ],
)
def test_http_tells_which_operation_refused_the_request(http, body, texts):
    answer = http.post("/v1/models/m:predict", content=body)
    assert answer.status_code == 400
    assert [text for text in texts if text not in answer.json()["error"]] == []


def test_http_status_and_paths_outside_the_api(http):
    assert http.get("/v1/models/m").json() == {
        "model_version_status": [
            {
                "version": "7",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }
    assert http.get("/").status_code == 404


@pytest.mark.conformance("rest.metadata")
def test_http_metadata_shows_the_signatures_as_stored(http):
    document = http.get("/v1/models/m/metadata").json()
    assert document["model_spec"]["version"] == "7"
    signature = document["metadata"]["signature_def"]["signature_def"]["serving_rows"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["inputs"]["count"]["dtype"] == "DT_INT64"
    assert signature["inputs"]["count"]["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}, {"size": "1", "name": ""}],
        "unknown_rank": False,
    }


@pytest.mark.conformance("rest.classify", "rest.regress", "format.examples", "format.context")
def test_http_classify_and_regress(http):
    body = {"signature_name": "classify", "examples": EXAMPLES}
    assert http.post("/v1/models/m:classify", json=body).json() == {
        "results": [
            [["yes", 0.25], ["no", 0.75]],
            [["yes", 1.0], ["no", 0.0]],
            [["yes", 0.0], ["no", 1.0]],
        ]
    }
    body = {"signature_name": "regress", "examples": EXAMPLES}
    answer = http.post("/v1/models/m/versions/7:regress", json=body)
    assert answer.json() == {"results": [0.5, 2.0, 0.0]}
    answer = http.post("/v1/models/m:regress", json={**body, "context": {"x": 3.0}})
    assert answer.json() == {"results": [0.5, 2.0, 6.0]}
    answer = http.post("/v1/models/m:regress", json={"examples": EXAMPLES})
    assert "No regression inputs found in SignatureDef" in answer.json()["error"]


@pytest.mark.conformance("rest.no_inputs")
def test_http_cannot_call_a_signature_without_inputs(http):
    body = {"signature_name": "nothing", "inputs": {}}
    answer = http.post("/v1/models/m:predict", json=body)
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "Failed to get input map for signature: nothing",
    )
