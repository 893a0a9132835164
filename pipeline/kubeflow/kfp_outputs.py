"""What a task leaves for Kubeflow's own pages: an HTML report and metrics.

Source: KFP v2's executor contract, `ExecutorInput` and `ExecutorOutput` in
api/v2alpha1/pipeline_spec.proto. The launcher uploads what lies at an artifact's path and stores
the metadata that the output file names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_METRICS = "metrics"


def write_report(path: Path, html: str) -> None:
    """Writes the report where the launcher looks for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html, encoding="utf-8")


def write_metrics(executor_input: str, values: Mapping[str, float]) -> None:
    """Writes the executor's output file, which gives the metrics artifact its values.

    Args:
        executor_input: Kubeflow's message to the task, JSON.
        values: By name; a name is what people read.
    """
    outputs = json.loads(executor_input)["outputs"]
    (artifact,) = outputs["artifacts"][_METRICS]["artifacts"]
    artifact = {key: artifact[key] for key in ("name", "uri", "type") if key in artifact}
    fields = {"artifacts": {_METRICS: {"artifacts": [{**artifact, "metadata": dict(values)}]}}}
    path = Path(outputs["outputFile"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(fields), encoding="utf-8")
