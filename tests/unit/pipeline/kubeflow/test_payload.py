"""What a task carries in its arguments."""

from __future__ import annotations

import string

import pytest

from pipeline.errors import ConfigurationError
from pipeline.kubeflow import payload
from pipeline.kubeflow.payload import TaskPayload, check_size, decode, encode

SAFE = set(string.ascii_letters + string.digits + "+/=")
TIDE = "QlpoOTFBWSZTWVViOiYAAAGBgAYgBAAgACGaaDNNMLxdyRThQkFViOiY"
PAYLOAD = TaskPayload(
    "trainer",
    ("Trainer",),
    False,
    False,
    True,
    "examples/taxi",
    ("common.py",),
    {"name": "taxi"},
    {"Tidemill": "ab"},
)


def test_what_is_encoded_is_decoded():
    assert TaskPayload.decode(PAYLOAD.encode()) == PAYLOAD


def test_no_layer_of_kubeflow_finds_anything_to_rewrite():
    """Braces and dollars are replaced on the way, and a character of four bytes is refused."""
    text = encode("{{workflow.name}} $(X) $$(Y) {{=1+1}} \N{ROCKET}".encode())

    assert set(text) <= SAFE
    assert "{{workflow.name}}" in decode(text).decode()


def test_the_text_is_the_same_on_every_machine():
    """Those of zlib's replacements differ from one another; this is what any bzip2 makes."""
    assert encode(b"tide") == TIDE


def test_another_format_is_refused(monkeypatch):
    text = PAYLOAD.encode()
    monkeypatch.setattr(payload, "_FORMAT", payload._FORMAT + 1)

    with pytest.raises(ConfigurationError, match="compile and submit it again"):
        TaskPayload.decode(text)


def test_arguments_that_kubeflow_would_not_take_are_refused_with_the_reason():
    check_size({"a": ["x" * 50_000], "b": ["y" * 50_000]}, {"kubeflow.env": {}})

    with pytest.raises(ConfigurationError, match=r"117 KiB .* about 100 KiB; .* of b, 68 KiB"):
        check_size({"a": ["x" * 50_000], "b": ["y" * 40_000, "z" * 30_000]}, {})


def test_what_stands_in_every_task_counts_in_every_task():
    tasks = {"a": ["x"], "b": ["y"], "c": ["z"]}
    check_size(tasks, {"kubeflow.env": {"A": "x" * 30_000}})

    with pytest.raises(ConfigurationError, match=r"kubeflow.env has 39 KiB, in each of 3 tasks"):
        check_size(tasks, {"kubeflow.env": {"A": "x" * 40_000}, "kubeflow.labels": {}})
