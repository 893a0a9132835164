"""What to change so that one schedule of a pipeline is left, and it is the one that was asked for.

Pure. Kubeflow can change nothing of a schedule but whether it is on: another one takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pipeline.kubeflow.client.schedule_timing import Timing, Trigger


@dataclass(frozen=True)
class Wanted:
    """A schedule that should be.

    Attributes:
        name: Its name: that of the pipeline.
        pipeline_id: Id of the pipeline.
        version_id: Id of the pipeline's version.
        experiment_id: Id of the experiment that collects its runs.
        parameters: Every parameter of a run.
        service_account: Service account of its pods; empty: Kubeflow's.
        timing: What was asked for.
        cron: The expression that Kubeflow is told, by the clocks of now; None with an interval.
    """

    name: str
    pipeline_id: str
    version_id: str
    experiment_id: str
    parameters: Mapping[str, str]
    service_account: str
    timing: Timing
    cron: str | None


@dataclass(frozen=True)
class Schedule:
    """A schedule as Kubeflow has it: a recurring run.

    Attributes:
        schedule_id: Its id.
        name: Its name.
        enabled: Whether it is on.
        created: When it was made.
        pipeline_id: Id of the pipeline.
        version_id: Id of the pipeline's version.
        experiment_id: Id of the experiment.
        parameters: The parameters of its runs.
        service_account: Service account of its pods, which is Kubeflow's own if none was asked for.
        trigger: What Kubeflow was told.
        timing: What was asked for; None if Tidemill did not make it.
        max_concurrency: How many of its runs may go on at once.
        no_catchup: Whether times that were missed are passed over.
        asked_account: The service account that was asked for; empty: none.
    """

    schedule_id: str
    name: str
    enabled: bool
    created: datetime
    pipeline_id: str
    version_id: str
    experiment_id: str
    parameters: Mapping[str, str]
    service_account: str
    trigger: Trigger
    timing: Timing | None
    max_concurrency: int = 1
    no_catchup: bool = True
    asked_account: str = ""

    def is_as(self, wanted: Wanted) -> bool:
        """Whether it is what is wanted, on or off."""
        return (
            self.version_id == wanted.version_id
            and self.experiment_id == wanted.experiment_id
            and self.parameters == wanted.parameters
            and self._runs_as(wanted.service_account)
            and self.timing == wanted.timing
            and self.trigger.cron == wanted.cron
            and self.max_concurrency == 1
            and self.no_catchup
        )

    def _runs_as(self, account: str) -> bool:
        """Whether it has a service account, or, where none is wanted, was made without one."""
        return (self.service_account if account else self.asked_account) == account


class Plan(NamedTuple):
    """What to do.

    Attributes:
        keep: The schedule that is right already, or None if one is to be made.
        retire: Those that go.
        enabled: Whether the schedule will be on: a paused one stays paused.
    """

    keep: Schedule | None
    retire: tuple[Schedule, ...]
    enabled: bool


def plan(wanted: Wanted, present: Sequence[Schedule]) -> Plan:
    """Decides what to do.

    Args:
        wanted: The schedule that should be.
        present: The schedules of this pipeline.
    """
    right = sorted(
        (s for s in present if s.is_as(wanted)), key=lambda s: (not s.enabled, s.created)
    )
    keep = right[0] if right else None
    enabled = keep.enabled if keep else not present or any(s.enabled for s in present)
    return Plan(keep, tuple(s for s in present if s is not keep), enabled)
