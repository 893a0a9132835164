import pytest

from serving.errors import InvalidArgumentError, ServingError
from serving.server.flags import ServerFlags
from serving.server.start_checks import channel_arguments, check_flags, metrics_path, rest_timeout_s

MODEL = {"model_base_path": "/m"}


@pytest.mark.parametrize(
    "flags",
    [
        MODEL,
        {"model_config_file": "/c"},
        {**MODEL, "port": 0, "grpc_socket_path": "/s"},
        {**MODEL, "port": 0, "rest_api_port": 1},
        {**MODEL, "enable_batching": True, "batching_parameters_file": "/b"},
        {**MODEL, "tensorflow_session_parallelism": 1, "tensorflow_intra_op_parallelism": 1},
    ],
)
def test_flags_that_agree_pass(flags):
    check_flags(ServerFlags(**flags))


@pytest.mark.conformance("start.contradictions")
@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ({**MODEL, "port": 0}, "At least one of --port, --grpc_socket_path"),
        ({**MODEL, "use_alts_credentials": True, "ssl_config_file": "/s"}, "Either use_alts_crede"),
        ({}, "Both server_options.model_base_path and server_options.model_config_file are empty!"),
        ({**MODEL, "batching_parameters_file": "/b"}, "without setting server_options.enable_batc"),
        (
            {
                **MODEL,
                "tensorflow_session_parallelism": 1,
                "tensorflow_intra_op_parallelism": 1,
                "tensorflow_inter_op_parallelism": 1,
            },
            "You cannot configure all.",
        ),
    ],
)
def test_flags_that_contradict_one_another_stop_the_start(flags, text):
    with pytest.raises(InvalidArgumentError) as caught:
        check_flags(ServerFlags(**flags))
    assert text in caught.value.message


@pytest.mark.conformance("cli.grpc_channel_arguments")
def test_channel_arguments_are_numbers_or_texts():
    text = "grpc.max_connection_age_ms=2000,grpc.lb=pick_first,a=-1"
    expected = [("grpc.max_connection_age_ms", 2000), ("grpc.lb", "pick_first"), ("a", -1)]
    assert channel_arguments(text) == expected
    assert channel_arguments("") == []
    with pytest.raises(InvalidArgumentError, match="expected k=v, got 'nonsense'"):
        channel_arguments("nonsense")


@pytest.mark.conformance("cli.monitoring", "metrics.page")
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ""),
        ("prometheus_config { }", ""),
        ("prometheus_config { enable: true }", "/monitoring/prometheus/metrics"),
        ('prometheus_config { enable: true path: "/metrics" }', "/metrics"),
    ],
)
def test_the_monitoring_config_says_where_the_metrics_are(tmp_path, text, path):
    file = tmp_path / "monitoring.config"
    file.write_text(text)
    assert metrics_path(str(file)) == path
    assert metrics_path("") == ""
    with pytest.raises(ServingError, match=r"nowhere\.config"):
        metrics_path(str(tmp_path / "nowhere.config"))


@pytest.mark.conformance("cli.rest_api_timeout_in_ms")
@pytest.mark.parametrize(("flag", "seconds"), [(30_000, 30), (1, 0.001), (0, None), (-1, None)])
def test_no_time_for_rest_means_any_time(flag, seconds):
    assert rest_timeout_s(ServerFlags(rest_api_timeout_in_ms=flag)) == seconds
