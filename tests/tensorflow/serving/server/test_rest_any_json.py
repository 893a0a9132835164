"""Whatever comes in over REST is answered, and never with a server error."""

import json

import numpy as np
import pytest
from google.protobuf import struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.server.metrics import ServerMetrics
from serving.server.model_service import ModelService
from serving.server.rest_handler import RestHandler
from serving.server.rest_request import RestRequest
from serving.signature import Signature, TensorSpec

DTYPES = ("float", "double", "int8", "int32", "int64", "uint64", "bool", "string", "half")
NAMES = ("x", "a", "s", "b64", "q", "\u00e9", "\ud800")
SIGNATURES = {
    dtype: Signature(dtype, {"x": TensorSpec("x", dtype)}, {"y": TensorSpec("y", dtype)})
    for dtype in DTYPES
} | {
    "several": Signature(
        "several",
        {"a": TensorSpec("a", "float"), "s": TensorSpec("s", "string")},
        {"b_bytes": TensorSpec("b_bytes", "string"), "a": TensorSpec("a", "float")},
    ),
    "none": Signature("none"),
    "classify": Signature(
        "classify",
        {"inputs": TensorSpec("inputs", "string")},
        {"scores": TensorSpec("scores", "float")},
    ),
}


class Echo:
    """Answers with its inputs."""

    signatures = SIGNATURES
    signature_defs = dict.fromkeys(SIGNATURES, struct_pb2.Struct())

    def run(self, signature, inputs, timeout_s=None, *, at_once=False):  # noqa: ARG002 - the protocol's
        assert timeout_s is None
        if signature.name == "classify":
            return {"scores": np.zeros((len(inputs["inputs"]), 1), np.float32)}
        return dict(zip(signature.outputs, inputs.values(), strict=True))


@pytest.fixture(scope="module")
def handler():
    service = ModelService()
    service.versions_of("m").publish(1, Echo())
    return RestHandler(service, ServerMetrics())


base64 = st.builds(lambda text: {"b64": text}, st.text(max_size=6) | st.just("YQ=="))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | base64
    | st.sampled_from([2**31, 2**63, 2**64, 10**400, 1e308, "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=12,
)
documents = st.dictionaries(
    st.sampled_from(["instances", "inputs", "examples", "context", "signature_name"]), values
)
named = st.builds(
    lambda document, name: {**document, "signature_name": name},
    documents,
    st.sampled_from(sorted(SIGNATURES)),
)


@pytest.mark.conformance("better.any_json")
@settings(deadline=None)
@given(verb=st.sampled_from(["predict", "classify", "regress"]), document=named | values)
def test_any_json_is_answered(handler, verb, document):
    answer = handler.answer(
        RestRequest("POST", f"/v1/models/m:{verb}", json.dumps(document).encode())
    )
    assert answer.status in (200, 400, 501), answer.body
    if answer.status != 200:
        assert list(json.loads(answer.body)) == ["error"]


features = st.integers(-9, 9) | st.floats() | st.text(max_size=5) | st.just({"b64": "/w=="})
examples = st.dictionaries(st.text(max_size=2) | st.sampled_from(NAMES), features, max_size=3)


@pytest.mark.conformance("better.any_json")
@settings(deadline=None)
@given(context=examples, examples=st.lists(examples, min_size=1, max_size=3))
def test_any_examples_are_answered(handler, context, examples):
    document = {"signature_name": "classify", "context": context, "examples": examples}
    request = RestRequest("POST", "/v1/models/m:classify", json.dumps(document).encode())
    assert handler.answer(request).status in (200, 400)


@pytest.mark.conformance("better.any_json")
@settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD"]),
    path=st.text(st.characters(codec="latin-1"), max_size=30),
    body=st.binary(max_size=30),
)
def test_any_request_is_answered(handler, method, path, body):
    for start in ("/v1/", "/v1/models/", "/v1/models/m/versions/", "/v1/models/m/labels/"):
        answer = handler.answer(RestRequest(method, start + path, body))
        assert answer.status in (200, 400, 404, 503)
