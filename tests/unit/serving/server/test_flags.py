import dataclasses
import os

import pytest

from serving.server.flag_parser import FlagError, parse_flags, usage
from serving.server.flags import ANY_FREE_PORT, ServerFlags

CPUS = os.cpu_count() or 1
TENSORFLOW_SERVING = {
    "port": 8500, "grpc_socket_path": "", "rest_api_port": 0, "rest_api_num_threads": 4 * CPUS,
    "rest_api_timeout_in_ms": 30000, "rest_api_enable_cors_support": False,
    "enable_batching": False, "batching_parameters_file": "",
    "enable_per_model_batching_parameters": False,
    "allow_version_labels_for_unavailable_models": False, "model_config_file": "",
    "model_config_file_poll_wait_seconds": 0, "model_name": "default", "model_base_path": "",
    "num_load_threads": 0, "num_unload_threads": 0, "max_num_load_retries": 5,
    "load_retry_interval_micros": 60_000_000, "file_system_poll_wait_seconds": 1,
    "flush_filesystem_caches": True, "tensorflow_session_parallelism": 0,
    "tensorflow_intra_op_parallelism": 0, "tensorflow_inter_op_parallelism": 0,
    "tensorflow_session_config_file": "", "use_alts_credentials": False, "ssl_config_file": "",
    "platform_config_file": "", "per_process_gpu_memory_fraction": 0.0,
    "saved_model_tags": "serve", "grpc_channel_arguments": "", "grpc_max_threads": 4 * CPUS,
    "enable_model_warmup": True, "num_request_iterations_for_warmup": 0, "version": False,
    "monitoring_config_file": "", "remove_unused_fields_from_bundle_metagraph": True,
    "prefer_tflite_model": False, "num_tflite_pools": CPUS,
    "num_tflite_interpreters_per_pool": 1, "enable_signature_method_name_check": False,
    "xla_cpu_compilation_enabled": False, "xla_gpu_compilation_enabled": False,
    "enable_profiler": True, "thread_pool_factory_config_file": "", "mixed_precision": "",
    "skip_initialize_tpu": False, "enable_grpc_healthcheck_service": False,
    "enable_serialization_as_tensor_content": False,
}  # fmt: skip


@pytest.mark.conformance("cli.defaults", "cli.rest_api_num_threads")
def test_all_flags_of_tensorflow_serving_are_there_with_their_defaults():
    flags = dataclasses.asdict(ServerFlags())
    assert len(TENSORFLOW_SERVING) == 48
    assert {name: flags[name] for name in TENSORFLOW_SERVING} == TENSORFLOW_SERVING


@pytest.mark.conformance("cli.no_effect")
def test_flags_that_were_given_and_do_nothing_are_named_once():
    command = parse_flags(
        ["--num_unload_threads=2", "--mixed_precision=x", "--num_unload_threads=3"]
    )
    assert [name for name, _ in command.without_effect] == ["num_unload_threads", "mixed_precision"]
    assert all(text.startswith("no effect: ") for _, text in command.without_effect)
    assert parse_flags(["--port=1"]).without_effect == ()


def test_a_share_is_a_number():
    assert parse_flags(["--per_process_gpu_memory_fraction=0.5"]).flags == ServerFlags(
        per_process_gpu_memory_fraction=0.5
    )
    for text in ("x", "", "nan"):
        with pytest.raises(FlagError, match="per_process_gpu_memory_fraction"):
            parse_flags([f"--per_process_gpu_memory_fraction={text}"])


@pytest.mark.conformance("cli.port")
def test_our_own_flags_change_nothing_by_default():
    flags = ServerFlags()
    assert flags.bind_address == "0.0.0.0"  # noqa: S104 - only the default is looked at
    assert (flags.ready_fd, flags.exit_on_stdin_close) == (-1, False)
    assert (flags.drain_grace_seconds, flags.drain_notice_seconds) == (10, 0)
    assert not flags.resource_preserving_transitions


def test_values_are_read():
    command = parse_flags(["--port=1", "--model_name=a=b", "--model_base_path=/m", "--port=-1"])
    assert command.flags == ServerFlags(port=ANY_FREE_PORT, model_name="a=b", model_base_path="/m")
    assert command.unknown == ()


@pytest.mark.conformance("cli.parse")
@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("--exit_on_stdin_close", True),
        ("--exit_on_stdin_close=true", True),
        ("--exit_on_stdin_close=false", False),
    ],
)
def test_a_switch_has_three_spellings(argument, value):
    assert parse_flags([argument]).flags.exit_on_stdin_close is value


@pytest.mark.conformance("cli.parse")
@pytest.mark.parametrize(
    "argument",
    [
        "--exit_on_stdin_close=1",
        "--exit_on_stdin_close=",
        "--port=",
        "--port=8x",
        "--port= 8",
        "--port=+8",
        "--port=\u0663",
        "--port=2147483648",
        "--port=--1",
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(argument):
    with pytest.raises(FlagError, match=argument.split("=")[0]):
        parse_flags([argument])


def test_a_long_number_fits_where_64_bits_are_wanted():
    assert parse_flags([f"--load_retry_interval_micros={2**40}"]).flags.load_retry_interval_micros


@pytest.mark.conformance("cli.unknown")
@pytest.mark.parametrize(
    "arguments", [["--nope=1"], ["-port=1"], ["--port", "1"], ["port=1"], ["--PORT=1"], ["--"[:1]]]
)
def test_what_is_not_understood_is_kept_and_changes_nothing(arguments):
    command = parse_flags([*arguments, "--rest_api_port=7"])
    assert command.unknown == tuple(arguments)
    assert command.flags == ServerFlags(rest_api_port=7)


@pytest.mark.conformance("cli.unknown")
def test_two_dashes_end_the_flags():
    command = parse_flags(["--port=1", "--", "--port=2", "rest"])
    assert command.flags.port == 1
    assert command.unknown == ()


@pytest.mark.conformance("cli.unknown")
def test_help_is_wanted_only_as_the_first_thing_not_understood():
    assert parse_flags(["--port=1", "--help"]).help_wanted
    assert not parse_flags(["x", "--help"]).help_wanted


def test_usage_lists_every_flag():
    text = usage()
    for name in ("port", "rest_api_port", "model_base_path", "bind_address", "ready_fd"):
        assert f"--{name}=" in text
