"""What a task leaves for Kubeflow's pages."""

from __future__ import annotations

import json

from pipeline.kubeflow.kfp_outputs import write_metrics, write_report


def test_metrics_are_the_metadata_of_the_artifact_that_kubeflow_named(tmp_path):
    output_file = tmp_path / "outputs" / "executor_output.json"
    artifact = {
        "name": "metrics",
        "type": {"schemaTitle": "system.Metrics"},
        "uri": "minio://mlpipeline/v2/artifacts/taxi/metrics",
        "metadata": {"x": 1},
    }
    message = {
        "outputs": {
            "artifacts": {"metrics": {"artifacts": [artifact]}},
            "outputFile": str(output_file),
        }
    }
    write_metrics(json.dumps(message), {"AUC": 0.93})

    (written,) = json.loads(output_file.read_text())["artifacts"]["metrics"]["artifacts"]
    assert written == {**artifact, "metadata": {"AUC": 0.93}}


def test_the_report_lies_at_the_path_that_the_launcher_uploads(tmp_path):
    write_report(tmp_path / "minio" / "report", "<p>done</p>")

    assert (tmp_path / "minio" / "report").read_text(encoding="utf-8") == "<p>done</p>"
