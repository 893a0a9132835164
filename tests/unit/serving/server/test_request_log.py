import logging
import threading
from pathlib import Path

import pytest

from serving.server.log_config import RequestLogSettings
from serving.server.metrics import Counter
from serving.server.record_files import Rotation
from serving.server.request_log import Exchange, RequestLog, RequestLogOptions, RequestLogs
from serving.tfrecords import framed

MIB = 2**20


def exchange(text, size=1):
    return Exchange("predict", "m", 1, "s", text, text, size)


def encode(exchange, sampling_rate):
    return f"{exchange.request} {sampling_rate:g}".encode()


def options(encode=encode, buffer_bytes=MIB, **more):
    return RequestLogOptions(Rotation(MIB, 3600), buffer_bytes, encode, **more)


def files(folder):
    return b"".join(path.read_bytes() for path in sorted(Path(folder).glob("*.tfrecord")))


class Counts:
    def __init__(self):
        self.counter = Counter("n", "model_name", "status_code")

    def __call__(self):
        lines = list(self.counter.lines())[1:]
        return {line.split('"')[3]: int(line.rpartition(" ")[2]) for line in lines}


@pytest.fixture
def counts():
    return Counts()


def open_log(folder, counts, **more):
    settings = RequestLogSettings(str(folder / "m"), 1)
    return RequestLog("m", settings, options(**more), counts.counter)


def test_what_is_offered_stands_in_a_file_once_the_log_is_closed(tmp_path, counts):
    log = open_log(tmp_path, counts)
    for text in "abc":
        log.offer(exchange(text))
    log.close(60)
    assert files(tmp_path) == framed([b"a 1", b"b 1", b"c 1"])
    assert counts() == {"OK": 3}


@pytest.mark.conformance("better.request_log_queue")
def test_a_request_never_waits_for_the_log(tmp_path, counts, caplog):
    release, writing = threading.Event(), threading.Event()

    def slow(exchange, rate):
        writing.set()
        assert release.wait(60)
        return encode(exchange, rate)

    log = open_log(tmp_path, counts, encode=slow, buffer_bytes=100)
    log.offer(exchange("a", 60))
    assert writing.wait(60)
    log.offer(exchange("b", 60))
    log.offer(exchange("c", 40))
    release.set()
    log.close(60)
    assert files(tmp_path) == framed([b"a 1", b"c 1"])
    assert counts() == {"OK": 2, "RESOURCE_EXHAUSTED": 1}
    assert caplog.text.count("loses records: it comes faster than it can be written") == 1


def test_a_folder_that_cannot_be_written_is_said_once_and_tried_again(tmp_path, counts, caplog):
    caplog.set_level(logging.INFO)
    folder = tmp_path / "logs"
    folder.write_text("a file where the folder should be")
    seen = threading.Event()

    def note(exchange, rate):
        if exchange.request == "last":
            folder.unlink()
        seen.set()
        return encode(exchange, rate)

    log = open_log(folder, counts, encode=note, retry_s=0)
    for text in ("a", "b"):
        seen.clear()
        log.offer(exchange(text))
        assert seen.wait(60)
    log.offer(exchange("last"))
    log.close(60)
    written = files(folder)
    assert framed([b"last 1"]) in written
    lost = counts()["UNAVAILABLE"]
    assert counts() == {"OK": 3 - lost, "UNAVAILABLE": lost}
    assert caplog.text.count("loses records") == 1
    assert f"is written again; {lost} records were lost" in caplog.text


def test_nothing_is_tried_until_it_is_time(tmp_path, counts, caplog):
    folder = tmp_path / "logs"
    folder.write_text("")
    log = open_log(folder, counts, retry_s=3600)
    log.offer(exchange("a"))
    log.close(60)
    assert counts() == {"UNAVAILABLE": 1}
    assert "it is tried again every 3600 s" in caplog.text


def test_an_exchange_that_makes_no_record_is_counted_and_the_log_goes_on(tmp_path, counts, caplog):
    def fail(exchange, rate):
        if exchange.request == "a":
            raise TypeError("no record")
        return encode(exchange, rate)

    log = open_log(tmp_path, counts, encode=fail)
    log.offer(exchange("a"))
    log.offer(exchange("b"))
    log.close(60)
    assert files(tmp_path) == framed([b"b 1"])
    assert counts() == {"INTERNAL": 1, "OK": 1}
    assert "TypeError: no record" in caplog.text


def test_a_new_config_keeps_what_it_does_not_change(tmp_path, counts):
    logs = RequestLogs(options(), counts.counter)
    assert logs.sample("m") is None
    always, never = (RequestLogSettings(str(tmp_path / "m"), rate) for rate in (1, 0))
    logs.configure({"m": always})
    first = logs.sample("m")
    logs.configure({"m": always, "n": never})
    assert logs.sample("m") is first
    assert logs.sample("n") is None
    first.offer(exchange("a"))
    logs.configure({"m": never})
    assert logs.sample("m") is None
    first._thread.join(60)
    assert files(tmp_path) == framed([b"a 1"])
    logs.close()


def test_a_share_of_the_requests_is_drawn(tmp_path, counts):
    logs = RequestLogs(options(), counts.counter)
    logs.configure({"m": RequestLogSettings(str(tmp_path / "m"), 0.25)})
    drawn = sum(logs.sample("m") is not None for _ in range(10_000))
    # Ten standard deviations.
    assert 2000 < drawn < 3000
    logs.close()
