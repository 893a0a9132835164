"""Schedules on Kubeflow, there called recurring runs."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from pipeline.kubeflow.client.moments import EPOCH, moment_of
from pipeline.kubeflow.client.runs import list_runs
from pipeline.kubeflow.client.schedule_plan import Plan, Schedule, Wanted, plan
from pipeline.kubeflow.client.schedule_timing import Timing, Trigger, trigger_of
from pipeline.kubeflow.client.upload import equals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from pipeline.kubeflow.client.connection import Connection

_ENABLE, _DISABLE = "ENABLE", "DISABLE"
_ENABLED = "ENABLED"
# Keeps the runs of a schedule that is deleted; a Kubeflow that does not know the word ignores it.
_KEEP_RUNS = "ORPHAN"
# A run that is being started while its schedule is turned off is listed by then.
_SECONDS_TO_SETTLE = 5
_SECONDS_BETWEEN = 10
_ACCOUNT = "service_account"


def list_schedules(connection: Connection, **fields: str) -> Iterator[Schedule]:
    """Yields the schedules.

    Args:
        connection: To Kubeflow.
        **fields: What their fields must be, such as `display_name`.
    """
    for recurring in connection.pages(
        "list the schedules",
        connection.client.recurring_runs.recurring_run_service_list_recurring_runs,
        "recurring_runs",
        namespace=connection.namespace,
        filter=equals(**fields) if fields else None,
    ):
        yield read_schedule(recurring)


def apply(connection: Connection, wanted: Wanted, now: datetime) -> tuple[Plan, Schedule]:
    """Sees to it that the schedule that is wanted is there, and no other of this pipeline is on.

    Others are turned off; `remove_drained` deletes them.

    Returns:
        What was decided, and the schedule.
    """
    present = [
        schedule
        for schedule in list_schedules(connection, display_name=wanted.name)
        if schedule.pipeline_id == wanted.pipeline_id
    ]
    decided = plan(wanted, present)
    on = [schedule for schedule in decided.retire if schedule.enabled]
    for schedule in on:
        set_enabled(connection, schedule, enabled=False)
    if decided.keep:
        return decided, decided.keep
    same = next((s for s in on if s.timing == wanted.timing), None)
    trigger = trigger_of(wanted.timing, now, same.trigger.start if same else None)
    try:
        made = _create(connection, wanted, trigger, enabled=decided.enabled)
    except BaseException:
        for schedule in on:
            set_enabled(connection, schedule, enabled=True)
        raise
    return decided, made


def set_enabled(connection: Connection, schedule: Schedule, *, enabled: bool) -> None:
    """Turns a schedule on or off."""
    services = connection.client.recurring_runs
    function, verb = (
        (services.recurring_run_service_enable_recurring_run, "resume")
        if enabled
        else (services.recurring_run_service_disable_recurring_run, "pause")
    )
    connection.call(
        f"{verb} the schedule {schedule.name}", function, recurring_run_id=schedule.schedule_id
    )


def remove_drained(
    connection: Connection,
    schedule: Schedule,
    *,
    wait: bool = False,
    tell: Callable[[str], None] = lambda _text: None,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Deletes a schedule that is off, unless a run of it goes on, whose pods would go with it.

    Args:
        connection: To Kubeflow.
        schedule: The schedule as it was listed; it is off by now.
        wait: Whether to wait for its runs to end.
        tell: Takes a sentence about what it waits for.
        sleep: Waits for some seconds.

    Returns:
        Whether it was deleted.
    """
    if schedule.enabled:
        sleep(_SECONDS_TO_SETTLE)
    told = ""
    while unfinished := unfinished_run(connection, schedule):
        if not wait:
            return False
        if unfinished != told:
            tell(f"waiting for run {unfinished} of this schedule to end")
            told = unfinished
        sleep(_SECONDS_BETWEEN)
    connection.call(
        f"delete the schedule {schedule.name}",
        connection.client.recurring_runs.recurring_run_service_delete_recurring_run,
        recurring_run_id=schedule.schedule_id,
        propagation_policy=_KEEP_RUNS,
    )
    return True


def unfinished_run(connection: Connection, schedule: Schedule) -> str:
    """Returns the id of a run of a schedule that has not ended; empty if there is none."""
    runs = list_runs(connection, recurring_run_id=schedule.schedule_id)
    return next((run.run_id for run in runs if not run.is_over), "")


def read_schedule(recurring: Any) -> Schedule:
    """Reads a `V2beta1RecurringRun`."""
    reference, config = recurring.pipeline_version_reference, recurring.runtime_config
    return Schedule(
        schedule_id=recurring.recurring_run_id,
        name=recurring.display_name or "",
        enabled=recurring.status == _ENABLED or recurring.mode == _ENABLE,
        created=recurring.created_at or EPOCH,
        pipeline_id=reference.pipeline_id or "" if reference else "",
        version_id=reference.pipeline_version_id or "" if reference else "",
        experiment_id=recurring.experiment_id or "",
        parameters=dict(config.parameters or {}) if config else {},
        service_account=recurring.service_account or "",
        trigger=_read_trigger(recurring.trigger),
        timing=Timing.from_text(recurring.description),
        max_concurrency=int(recurring.max_concurrency or 1),
        no_catchup=bool(recurring.no_catchup),
        asked_account=_asked_account(recurring.description),
    )


def _description(wanted: Wanted) -> str:
    """Returns what was asked for, as far as Kubeflow does not keep it: it fills in an account."""
    account = {_ACCOUNT: wanted.service_account} if wanted.service_account else {}
    return json.dumps({**wanted.timing.to_fields(), **account})


def _asked_account(description: str | None) -> str:
    try:
        return str(json.loads(description or "").get(_ACCOUNT, ""))
    except (ValueError, AttributeError):
        return ""


def _read_trigger(trigger: Any) -> Trigger:
    cron = trigger.cron_schedule if trigger else None
    periodic = trigger.periodic_schedule if trigger else None
    if cron is not None and cron.cron:
        return Trigger(
            cron=cron.cron, start=moment_of(cron.start_time), end=moment_of(cron.end_time)
        )
    if periodic is not None and periodic.interval_second:
        return Trigger(
            interval=int(periodic.interval_second),
            start=moment_of(periodic.start_time),
            end=moment_of(periodic.end_time),
        )
    return Trigger()


def _create(connection: Connection, wanted: Wanted, trigger: Trigger, *, enabled: bool) -> Schedule:
    from kfp_server_api import (
        V2beta1PipelineVersionReference,
        V2beta1RecurringRun,
        V2beta1RuntimeConfig,
    )

    made = connection.call(
        f"make the schedule {wanted.name}",
        connection.client.recurring_runs.recurring_run_service_create_recurring_run,
        recurring_run=V2beta1RecurringRun(
            display_name=wanted.name,
            description=_description(wanted),
            experiment_id=wanted.experiment_id,
            pipeline_version_reference=V2beta1PipelineVersionReference(
                pipeline_id=wanted.pipeline_id, pipeline_version_id=wanted.version_id
            ),
            runtime_config=V2beta1RuntimeConfig(parameters=dict(wanted.parameters)),
            service_account=wanted.service_account or None,
            max_concurrency="1",
            no_catchup=True,
            mode=_ENABLE if enabled else _DISABLE,
            trigger=_trigger_model(trigger),
        ),
    )
    return read_schedule(made)


def _trigger_model(trigger: Trigger) -> Any:
    from kfp_server_api import V2beta1CronSchedule, V2beta1PeriodicSchedule, V2beta1Trigger

    times = {"start_time": trigger.start, "end_time": trigger.end}
    if trigger.cron is not None:
        return V2beta1Trigger(cron_schedule=V2beta1CronSchedule(cron=trigger.cron, **times))
    return V2beta1Trigger(
        periodic_schedule=V2beta1PeriodicSchedule(interval_second=str(trigger.interval), **times)
    )
