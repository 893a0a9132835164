"""Runs that never search use the newest hyperparameters that are still there."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from components.resolver.latest_search import latest_existing

# TFX's launcher, on a home without anything; what it records is what a person is shown.
SNIPPET = """
from pathlib import Path
from components.resolver.latest_search import latest_search
from pipeline.local.exclusive_metadata import ExclusiveMetadata
from pipeline.local.node_launch import launch_node
from pipeline.metadata.local_file import check_metadata
from tfx.dsl.compiler import compiler, constants
from tfx.orchestration import pipeline
from tfx.orchestration.portable import runtime_parameter_utils

home = Path(sys.argv[1])
birds = pipeline.Pipeline("birds", str(home), components=[latest_search()])
ir = compiler.Compiler().compile(birds)
runtime_parameter_utils.substitute_runtime_parameter(
    ir, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: "20261121-090507"})
check_metadata(home / "metadata.db")
result = launch_node(ir, "LatestSearch", ExclusiveMetadata(home / "metadata.db"), cache_only=True)
answer([result.outcome.value, result.cause])
"""
OLD, NEW = (SimpleNamespace(id=i, uri=f"/search/{i}") for i in (3, 20))


@pytest.mark.parametrize(
    ("there", "expected"),
    [(("/search/3", "/search/20"), NEW), (("/search/3",), OLD), ((), None)],
)
def test_the_newest_that_is_there(there, expected):
    for artifacts in ([OLD, NEW], [NEW, OLD]):
        assert latest_existing(artifacts, there.__contains__) is expected


def test_without_any_search_the_cause_says_how_to_make_one(leanly, tmp_path):
    outcome, cause = leanly(SNIPPET, str(tmp_path))

    assert outcome == "failed"
    assert "NoSearchError: tuner.run is never" in cause
    assert "--set tuner.run=when_data_changes" in cause
