import pytest

from serving.client import connect, connect_async
from serving.client.grpc import GrpcDialect
from serving.client.rest import RestDialect


def calls(dialect):
    """The first call of each conversation."""
    talks = [dialect.status(), dialect.metadata(), dialect.predict_examples([b""], "s")]
    return [next(talk) for talk in talks]


@pytest.mark.parametrize(
    ("chosen", "path"),
    [
        ({}, "/v1/models/m%2F"),
        ({"version": 0}, "/v1/models/m%2F/versions/0"),
        ({"label": "a/b é"}, "/v1/models/m%2F/labels/a%2Fb%20%C3%A9"),
    ],
)
def test_rest_names_what_is_asked_in_the_path(chosen, path):
    status, metadata, also_metadata = calls(RestDialect("m/", **chosen))
    assert status.path == path
    assert metadata.path == also_metadata.path == f"{path}/metadata"
    predict = next(RestDialect("m/", **chosen).predict([{"x": 1}], "s"))
    assert predict.path == f"{path}:predict"


def test_grpc_names_what_is_asked_in_the_request():
    for call in calls(GrpcDialect("m")):
        spec = call.request.model_spec
        assert (spec.name, spec.HasField("version"), spec.version_label) == ("m", False, "")
    for call in calls(GrpcDialect("m", version=0)):
        spec = call.request.model_spec
        assert (spec.HasField("version"), spec.version.value) == (True, 0)
    for call in calls(GrpcDialect("m", label="stable")):
        spec = call.request.model_spec
        assert (spec.HasField("version"), spec.version_label) == (False, "stable")


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
@pytest.mark.parametrize("make", [connect, connect_async])
@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"version": 1, "label": "stable"}, "a version or a label, not both"),
        ({"label": ""}, "the label is empty"),
        ({"version": -1}, "version -1"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(make, protocol, chosen, message):
    with pytest.raises(ValueError, match=message):
        make("127.0.0.1:1", "m", protocol, **chosen)
