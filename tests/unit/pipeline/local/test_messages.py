"""Messages between runner and workers come back as they were, one a line."""

from __future__ import annotations

import json

import pytest

from pipeline.local.messages import NodeResult, Outcome, Ready, Refused, decode_reply, encode_reply

REPLIES = [
    Ready({"A": (), "B": ("A",)}, light=("A",)),
    Refused("ValueError: no", "Traceback\n  line"),
    NodeResult("A", Outcome.MISSED),
    NodeResult(
        "B",
        Outcome.EXECUTED,
        execution_id=7,
        verdict={"passed": False, "rows": [["é", "\n"]]},
        rows={"train": 2},
        pushed_version="3",
        peak_memory_mib=900,
        cpu_seconds=1.5,
    ),
]


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_is_one_line_and_comes_back(reply):
    line = encode_reply(reply)

    assert "\n" not in line
    assert decode_reply(line) == reply


@pytest.mark.parametrize("outcome", Outcome)
def test_a_result_comes_back(outcome):
    result = NodeResult("A", outcome, "why")

    assert NodeResult.from_json(result.to_json()) == result


@pytest.mark.parametrize("line", ["", "hello", json.dumps({"reply": "Hello"})])
def test_what_is_no_reply_is_refused(line):
    with pytest.raises(ValueError):  # noqa: PT011  json's own message serves as well
        decode_reply(line)
