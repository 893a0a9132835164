import threading

import pytest

from serving.errors import Code, ServingError
from serving.server.config_poll import ConfigPoll, read_model_config
from serving.server.text_config import new_message, read_text_message

CONFIG = 'model_config_list { config { name: "%s" base_path: "/m" } }'


def test_a_message_is_read(tmp_path):
    file = tmp_path / "ssl"
    file.write_text('server_key: "k" server_cert: "c" client_verify: true')
    config = read_text_message(str(file), new_message("SSLConfig"))
    assert (config.server_key, config.server_cert, config.custom_ca) == ("k", "c", "")
    assert config.client_verify


@pytest.mark.conformance("start.bad_file")
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, Code.NOT_FOUND),
        (b"nonsense {", Code.INVALID_ARGUMENT),
        (b"\xff", Code.INVALID_ARGUMENT),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, code):
    file = tmp_path / "models.config"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ServingError, match=r"models\.config") as caught:
        read_model_config(str(file))
    assert caught.value.code is code


@pytest.mark.conformance("cli.model_config_file_poll_wait_seconds")
def test_the_file_is_applied_again_and_faults_change_nothing(tmp_path):
    file = tmp_path / "models.config"
    applied = []

    def apply(config):
        applied.append([model.name for model in config.model_config_list.config])
        if applied[-1] == ["bad"]:
            raise ServingError.of(Code.INVALID_ARGUMENT, "no")

    poll = ConfigPoll(str(file), apply, wait_s=0.001)
    poll.poll()
    for name in ("a", "a", "bad", "b"):
        file.write_text(CONFIG % name)
        poll.poll()
    file.write_text("garbage")
    poll.poll()
    assert applied == [["a"], ["a"], ["bad"], ["b"]]


def test_the_thread_polls_until_it_is_stopped(tmp_path):
    applied = threading.Event()
    file = tmp_path / "models.config"
    file.write_text(CONFIG % "a")
    poll = ConfigPoll(str(file), lambda _: applied.set(), wait_s=0.001)
    poll.start()
    assert applied.wait(10)
    poll.stop()
