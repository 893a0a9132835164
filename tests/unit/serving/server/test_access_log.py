import json

import pytest
from waiting import wait_until

from serving.server.access_log import Access, AccessLog, to_line
from serving.server.metrics import Counter


@pytest.fixture
def count():
    return Counter("n", "status_code")


def counted(count):
    return [line.rpartition("{")[2] for line in count.lines()][1:]


def lines(path):
    return [json.loads(line)["method"] for line in path.read_text().splitlines()]


def test_a_line_says_what_is_known():
    access = Access("REST", "GET", path="/v1/é", http_status=200, code="OK", seconds=0.0123456789)
    access.time = 1_800_000_000.25
    assert json.loads(to_line(access)) == {
        "time": "2027-01-15T08:00:00.250000Z",
        "protocol": "REST",
        "method": "GET",
        "path": "/v1/é",
        "http_status": 200,
        "code": "OK",
        "seconds": 0.012346,
        "request_bytes": 0,
        "response_bytes": 0,
    }
    assert to_line(access).endswith(b"}\n")


def test_a_path_cannot_make_a_line_of_its_own():
    assert to_line(Access("REST", "GET", path='/v1/"\n{')).count(b"\n") == 1


def test_a_file_that_was_moved_away_is_made_anew(tmp_path, count):
    path = tmp_path / "access.log"
    log = AccessLog(str(path), count)
    log.add(Access("REST", "GET"))
    wait_until(lambda: path.exists() and path.read_bytes())
    path.rename(tmp_path / "access.log.1")
    log.add(Access("REST", "POST"))
    log.close(60)
    assert (lines(tmp_path / "access.log.1"), lines(path)) == (["GET"], ["POST"])
    assert counted(count) == ['status_code="OK"} 2']


def test_the_end_closes_the_file(tmp_path, count):
    log = AccessLog(str(tmp_path / "access.log"), count)
    log.add(Access("REST", "GET"))
    log.close(60)
    assert log._file.closed


def test_a_file_that_cannot_be_written_is_said_once(tmp_path, count, caplog):
    path = tmp_path / "missing" / "access.log"
    log = AccessLog(str(path), count)
    for _ in range(3):
        log._write([Access("REST", "GET")])
    path.parent.mkdir()
    log.add(Access("REST", "POST"))
    log.close(60)
    assert lines(path) == ["POST"]
    assert counted(count) == ['status_code="OK"} 1', 'status_code="UNAVAILABLE"} 3']
    assert caplog.text.count("the access log loses lines") == 1


def test_a_full_disk_loses_lines_and_nothing_else(count, caplog):
    log = AccessLog("/dev/full", count)
    log.add(Access("REST", "GET"))
    log.close(60)
    assert counted(count) == ['status_code="UNAVAILABLE"} 1']
    assert "No space left on device" in caplog.text


def test_what_finds_no_room_is_counted(tmp_path, count):
    log = AccessLog(str(tmp_path / "access.log"), count, most_waiting=1, gather_s=60)
    log.add(Access("REST", "GET"))
    log.add(Access("REST", "GET"))
    log.close(60)
    assert sorted(counted(count)) == ['status_code="OK"} 1', 'status_code="RESOURCE_EXHAUSTED"} 1']
