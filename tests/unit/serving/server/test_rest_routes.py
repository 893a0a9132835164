import pytest

from serving.errors import InvalidArgumentError
from serving.server.rest_routes import Call, Target, is_api_path, parse_target


@pytest.mark.conformance("rest.routes")
@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("GET", "/v1/models/m", Target(Call.STATUS, "m")),
        ("GET", "/v1/models/m/versions/3", Target(Call.STATUS, "m", 3)),
        ("GET", "/v1/models/m/labels/canary", Target(Call.STATUS, "m", label="canary")),
        ("GET", "/v1/models/m/metadata", Target(Call.METADATA, "m")),
        ("GET", "/v1/models/m/versions/3/metadata", Target(Call.METADATA, "m", 3)),
        ("POST", "/v1/models/m:predict", Target(Call.PREDICT, "m")),
        ("POST", "/V1/Models/m/Versions/3:predict", Target(Call.PREDICT, "m", 3)),
        ("GET", "/v1/models/m/Metadata", Target(Call.STATUS, "m")),
        ("POST", "/v1/models/m/versions/007:predict", Target(Call.PREDICT, "m", 7)),
        ("POST", "/v1/models/m/labels/a%20b:classify", Target(Call.CLASSIFY, "m", label="a b")),
        ("POST", "/v1/models/a%2Fb:regress", Target(Call.REGRESS, "a/b")),
    ],
)
def test_paths_of_the_api(method, path, target):
    assert parse_target(method, path) == target


@pytest.mark.conformance("rest.malformed")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models/m:predict"),
        ("POST", "/v1/models/m"),
        ("POST", "/v1/models:predict"),
        ("GET", "/v1/models/m/"),
        ("POST", "/v1/models/m:predict?x=1"),
        ("POST", "/v1/models/m:explain"),
        ("POST", "/v1/models/m:Predict"),
        ("GET", "/v1/models/m/versions/x"),
        ("GET", "/v1/nothing"),
        ("PUT", "/v1/models/m"),
        ("DELETE", "/v1/models/m"),
        ("HEAD", "/v1/models/m"),
    ],
)
def test_everything_else_is_a_malformed_request(method, path):
    with pytest.raises(InvalidArgumentError) as caught:
        parse_target(method, path)
    assert caught.value.message == f"Malformed request: {method} {path}"


@pytest.mark.conformance("rest.no_name")
def test_a_model_must_be_named():
    with pytest.raises(InvalidArgumentError, match=r"Missing model name in request\."):
        parse_target("GET", "/v1/models")


@pytest.mark.conformance("rest.huge_version")
def test_a_version_must_fit_64_bits():
    for version in ("9223372036854775808", "9" * 5000):
        with pytest.raises(InvalidArgumentError, match=version):
            parse_target("GET", f"/v1/models/m/versions/{version}")


def test_the_api_is_what_lies_under_v1():
    assert is_api_path("/v1/models")
    assert is_api_path("/V1/x")
    assert not is_api_path("/v1")
    assert not is_api_path("/metrics")


def test_a_query_string_is_taken_for_a_part_of_the_name():
    assert parse_target("GET", "/v1/models/m?x=1") == Target(Call.STATUS, "m?x=1")
