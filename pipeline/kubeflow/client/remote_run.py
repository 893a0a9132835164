"""One run on Kubeflow, as it is asked for its state, its pods and their logs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline.kubeflow.client.runs import KubeflowRun, get_run
from pipeline.kubeflow.client.task_log import is_missing
from pipeline.kubeflow.client.workflow import Workflow, read_workflow

if TYPE_CHECKING:
    from pipeline.kubeflow.client.connection import Connection
    from pipeline.kubeflow.client.pod_logs import PodLogs

# Version 2 of the API serves neither; the API server has both all the same.
_WORKFLOW = "/apis/v1beta1/runs/{run}"
_LOG = "/apis/v1alpha1/runs/{run}/nodes/{pod}/log"


@dataclass(frozen=True)
class RemoteRun:
    """A run on Kubeflow.

    Attributes:
        connection: To Kubeflow.
        run_id: Id of the run.
        pod_logs: Reads logs of pods that run, or None.
    """

    connection: Connection
    run_id: str
    pod_logs: PodLogs | None = None

    def run(self) -> KubeflowRun:
        """Returns what Kubeflow says of it."""
        return get_run(self.connection, self.run_id)

    def workflow(self) -> Workflow:
        """Returns its pods; none if the API server does not tell them."""
        text = self.connection.get_text(
            f"read the workflow of run {self.run_id}", _WORKFLOW.format(run=self.run_id)
        )
        try:
            manifest = json.loads(text)["pipeline_runtime"]["workflow_manifest"]
        except (ValueError, KeyError, TypeError):
            return Workflow()
        return read_workflow(manifest)

    def log(self, pod: str) -> str:
        """Returns the log of a pod, also after its end; empty if there is none."""
        running = self.pod_logs.read(pod) if self.pod_logs else ""
        if running:
            return running
        text = self.connection.get_text(
            f"read the log of {pod}", _LOG.format(run=self.run_id, pod=quote(pod, safe=""))
        )
        return "" if is_missing(text) else text
