import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.errors import InvalidArgumentError
from serving.server.log_config import RequestLogSettings
from serving.server.model_config import (
    ModelSettings,
    check_platforms_known,
    check_platforms_stay,
    read_settings,
    single_model_config,
)
from serving.server.versions import All, Latest, Specific

FULL = """
model_config_list {
  config {
    name: "a" base_path: "/models/a" model_platform: "tensorflow"
    model_version_policy { specific { versions: 3 versions: 5 } }
    version_labels { key: "stable" value: 3 }
    version_labels { key: "canary" value: 5 }
  }
  config {
    name: "b" base_path: "file:///models/b%20c" model_type: TENSORFLOW
    model_version_policy { all {} }
  }
  config {
    name: "c" base_path: "/c" model_platform: "tensorflow"
    model_version_policy { latest { num_versions: 2 } }
    logging_config {
      log_collector_config { filename_prefix: "/logs/c" }
      sampling_config { sampling_rate: 0.1 }
    }
  }
}
"""


def parse(text):
    return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())


def models(*entries):
    return parse("model_config_list {" + "".join(f"config {{ {e} }}" for e in entries) + "}")


@pytest.mark.conformance("config.fields", "config.policy")
def test_everything_in_a_config_is_read():
    a, b, c = read_settings(parse(FULL))
    labels = {"stable": 3, "canary": 5}
    policy = Specific(frozenset({3, 5}))
    assert a == ModelSettings("a", "/models/a", policy=policy, labels=labels)
    assert (b.folder, b.platform, b.policy) == ("/models/b c", "tensorflow", All())
    assert (c.policy, c.request_log) == (Latest(2), RequestLogSettings("/logs/c", 0.1))


@pytest.mark.conformance("config.single")
def test_the_flags_make_a_config_of_one_model():
    (model,) = read_settings(single_model_config("m", "/models/m"))
    assert model == ModelSettings("m", "/models/m", policy=Latest(1))


@pytest.mark.conformance("config.validation")
@pytest.mark.parametrize(
    ("entries", "text"),
    [
        (
            ['name: "a" base_path: "/a" model_platform: "tensorflow"'] * 2,
            "Illegal to list model a multiple times in config list",
        ),
        (
            ['name: "a" base_path: "rel/a" model_platform: "tensorflow"'],
            "Expected model a to have an absolute path or URI; got base_path()=rel/a",
        ),
        (
            ['name: "a" base_path: "/a" model_platform: "tensorflow" model_type: TENSORFLOW'],
            "Illegal setting both ModelServerConfig::model_type (deprecated) and",
        ),
        (
            ['name: "a" base_path: "/a"'],
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor",
        ),
        (
            ['name: "a" base_path: "/a" model_type: OTHER'],
            "ModelServerConfig::model_type choice 2 not supported.",
        ),
    ],
)
def test_a_config_that_contradicts_itself_is_refused(entries, text):
    with pytest.raises(InvalidArgumentError) as caught:
        read_settings(models(*entries))
    assert text in caught.value.message


@pytest.mark.conformance("config.validation")
def test_a_platform_must_be_known_and_stay():
    old, other = ModelSettings("a", "/a"), ModelSettings("a", "/a", platform="other")
    check_platforms_known([old])
    check_platforms_stay([old], [old, ModelSettings("b", "/b", platform="other")])
    with pytest.raises(InvalidArgumentError, match="Model a requests unsupported platform other"):
        check_platforms_known([other])
    with pytest.raises(InvalidArgumentError, match="a platform was tensorflow and new platform"):
        check_platforms_stay([old], [other])


def test_a_file_system_that_is_not_read_is_named():
    with pytest.raises(InvalidArgumentError, match="Model a lies on gs://, which this server does"):
        ModelSettings("a", "gs://bucket/a").folder  # noqa: B018 - reading it raises
