"""What a run was asked for comes back from its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.example_gen.spans import Span
from pipeline.config.loading import load_config
from pipeline.request import RunRequest


@pytest.mark.parametrize("schema", [None, 'feature { name: "é" }\n'])
@pytest.mark.parametrize(
    "overrides",
    [
        (),
        (
            "schema.file=x.pbtxt",
            "tuner.enabled=true",
            "evaluator.slices=[[hour], [day, hour]]",
            "evaluator.metrics={AUC: {min: 0.5, per_slice: {max: 1}, config: {a: [1, b]}}}",
            "trainer.parameters={layers: [8, 4]}",
            "resources.cpus=2",
        ),
    ],
)
def test_a_request_comes_back_as_it_was(folder, tmp_path, schema, overrides):
    config = load_config(folder, overrides, {})
    request = RunRequest(config, Path("/taxi"), "/data/*.csv", Path("/models"), schema)
    request.save(tmp_path / "request.json")

    assert RunRequest.load(tmp_path / "request.json") == request


def test_so_do_its_spans(folder, tmp_path):
    spans = Span(2, None, "/data/2/*.csv"), Span(3, 1, "/data/3/v1/*.csv")
    config = load_config(folder, ["data.window=all"], {})
    request = RunRequest(config, Path("/taxi"), "/data", Path("/models"), None, spans)
    request.save(tmp_path / "request.json")

    assert RunRequest.load(tmp_path / "request.json") == request
