import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.errors import InvalidArgumentError
from serving.server.log_config import RequestLogSettings, read_log_settings


def read(text):
    config = text_format.Parse(f'name: "m" {text}', model_server_config_pb2.ModelConfig())
    return read_log_settings(config)


def logging(prefix="/logs/m", kind="", rate=0.5):
    return (
        f'logging_config {{ log_collector_config {{ type: "{kind}" filename_prefix: "{prefix}" }}'
        f" sampling_config {{ sampling_rate: {rate} }} }}"
    )


def test_a_model_without_a_logging_config_is_not_logged():
    assert read("") is None


@pytest.mark.parametrize("prefix", ["/logs/m x", "file:///logs/m%20x"])
@pytest.mark.parametrize("kind", ["", "tfrecord"])
def test_prefix_and_rate_are_read(prefix, kind):
    assert read(logging(prefix, kind, 0.25)) == RequestLogSettings("/logs/m x", 0.25)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("logging_config {}", "an absolute path .* such as /logs/m; it is ''"),
        (logging("logs/m"), "it is 'logs/m'"),
        (logging("/logs/"), "it is '/logs/'"),
        (logging("/logs/\\000m"), "it is '/logs/.x00m'"),
        (logging("gs://b/m"), "it is 'gs://b/m'"),
        (logging(kind="kafka"), "type is 'kafka', not 'tfrecord'"),
        (logging(rate=1.5), "from 0 to 1; it is 1.5"),
        (logging(rate="nan"), "from 0 to 1; it is nan"),
        ("logging_config { custom_logging_config {} }", "custom_logging_config is not known"),
    ],
)
def test_what_is_not_valid_is_named(text, problem):
    with pytest.raises(InvalidArgumentError, match=f"logging_config of model m: .*{problem}"):
        read(text)
