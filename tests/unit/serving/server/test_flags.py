import pytest

from serving.server.flag_parser import FlagError, parse_flags, usage
from serving.server.flags import ANY_FREE_PORT, ServerFlags


def test_defaults_are_those_of_tensorflow_serving():
    flags = parse_flags([]).flags
    assert (flags.port, flags.rest_api_port, flags.rest_api_timeout_in_ms) == (8500, 0, 30_000)
    assert (flags.model_name, flags.model_base_path) == ("default", "")
    assert flags.file_system_poll_wait_seconds == 1
    assert (flags.max_num_load_retries, flags.load_retry_interval_micros) == (5, 60_000_000)
    assert flags.bind_address == "0.0.0.0"  # noqa: S104 - only the default is looked at
    assert not flags.exit_on_stdin_close


def test_values_are_read():
    command = parse_flags(["--port=1", "--model_name=a=b", "--model_base_path=/m", "--port=-1"])
    assert command.flags == ServerFlags(port=ANY_FREE_PORT, model_name="a=b", model_base_path="/m")
    assert command.unknown == ()


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


@pytest.mark.parametrize(
    "arguments", [["--nope=1"], ["-port=1"], ["--port", "1"], ["port=1"], ["--PORT=1"], ["--"[:1]]]
)
def test_what_is_not_understood_is_kept_and_changes_nothing(arguments):
    command = parse_flags([*arguments, "--rest_api_port=7"])
    assert command.unknown == tuple(arguments)
    assert command.flags == ServerFlags(rest_api_port=7)


def test_two_dashes_end_the_flags():
    command = parse_flags(["--port=1", "--", "--port=2", "rest"])
    assert command.flags.port == 1
    assert command.unknown == ()


def test_help_is_wanted_only_as_the_first_thing_not_understood():
    assert parse_flags(["--port=1", "--help"]).help_wanted
    assert not parse_flags(["x", "--help"]).help_wanted


def test_usage_lists_every_flag():
    text = usage()
    for name in ("port", "rest_api_port", "model_base_path", "bind_address", "ready_fd"):
        assert f"--{name}=" in text
