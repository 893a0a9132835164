import itertools
import socket
import threading

import httpcore
import pytest

from serving.client.deadline_streams import DeadlineBackend


@pytest.fixture
def stream():
    """A connection to somebody who reads all there is."""

    def drain():
        connection, _ = listener.accept()
        with connection:
            while connection.recv(1 << 20):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = threading.Thread(target=drain)
        reader.start()
        opened = DeadlineBackend().connect_tcp(*listener.getsockname(), timeout=None)
        yield opened
        opened.close()
        reader.join()


@pytest.fixture
def _clock(monkeypatch):
    """Every look at the clock costs a second."""
    monkeypatch.setattr("time.monotonic", itertools.count(0.0).__next__)


@pytest.mark.usefixtures("_clock")
def test_a_large_request_is_sent_only_as_long_as_there_is_time(stream):
    stream.write(bytes(1 << 20), timeout=100.0)
    with pytest.raises(httpcore.TimeoutException):
        stream.write(bytes(1 << 20), timeout=25.0)


@pytest.mark.usefixtures("_clock")
def test_nothing_is_read_when_the_time_is_over(stream):
    with pytest.raises(httpcore.TimeoutException):
        stream.read(1, timeout=0.0)


@pytest.mark.usefixtures("_clock")
def test_nobody_is_called_when_the_time_is_over():
    with pytest.raises(httpcore.TimeoutException):
        DeadlineBackend().connect_tcp("127.0.0.1", 1, timeout=0.0)
