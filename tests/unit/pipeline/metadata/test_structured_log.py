"""Records of the log as JSON."""

from __future__ import annotations

import json
import logging

import pytest

from pipeline.metadata.structured_log import JsonFormatter


def record(message, *arguments, **more):
    made = logging.getLogger("x").makeRecord(
        "x", logging.WARNING, "file", 1, message, arguments, more.pop("exc_info", None), extra=more
    )
    return json.loads(JsonFormatter().format(made))


def test_a_record_is_one_object_with_its_fields():
    line = record("call of %s", "é\n", method="PutTypes", port=3)

    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "WARNING", "message": "call of é\n", "method": "PutTypes", "port": 3}


def test_a_traceback_is_a_field():
    with pytest.raises(ValueError, match="no") as caught:
        int("no")
    line = record("failed", exc_info=(caught.type, caught.value, caught.tb))

    assert line["traceback"].splitlines()[-1].startswith("ValueError: ")
