"""What Kubeflow's API server answers, request by request; what the real one refuses is refused.

What it takes and gives are the models of `kfp_server_api`, and its errors are bodies that version
2.17 sends.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from email import message_from_bytes
from types import SimpleNamespace

import yaml

ROUTES = []
_V2 = "/apis/v2beta1"
# The grpc code and the HTTP status of an error.
INVALID, NOT_FOUND, EXISTS, INTERNAL = (3, 400), (5, 404), (6, 409), (13, 500)
NEVER = "1970-01-01T00:00:00Z"


class Refused(Exception):  # noqa: N818 - it is an answer
    """An error of the API, as the gateway writes it."""

    def __init__(self, kind, message, external=None, body=None):
        self.status = kind[1]
        details = {"@type": "type.googleapis.com/google.rpc.Status", "code": kind[0]}
        fields = {
            "code": kind[0],
            "message": message,
            "details": [{**details, "message": external or message}],
        }
        self.body = json.dumps(fields) if body is None else body


def route(method, pattern):
    def add(function):
        ROUTES.append((method, re.compile(pattern), function))
        return function

    return add


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def model(name, fields):
    """Reads JSON as the API's model does, and writes it again: unknown fields are refused."""
    import kfp_server_api

    kind = getattr(kfp_server_api, name)
    unknown = set(fields) - set(kind.attribute_map.values())
    if unknown:
        raise Refused(INVALID, f'proto: (line 1:2): unknown field "{min(unknown)}"')
    client = kfp_server_api.ApiClient()
    read = client.deserialize(SimpleNamespace(data=json.dumps(fields)), name)
    return client.sanitize_for_serialization(read)


def listed(field, things, query):
    """Filters, sorts and pages as the server does, two on a page: nobody may count on one page."""
    things = list(things)
    for predicate in json.loads(query.get("filter", "{}")).get("predicates", ()):
        assert predicate["operation"] == "EQUALS"
        key, value = predicate["key"], predicate["string_value"]
        things = [thing for thing in things if thing.get(key) == value]
    if query.get("sort_by", "").endswith(" desc"):
        things = things[::-1]
    start = int(query.get("page_token", 0))
    page = {field: things[start : start + 2]}
    if start + 2 < len(things):
        page["next_page_token"] = str(start + 2)
    return page


@route("GET", f"{_V2}/healthz")
def health(fake, **_):
    # What is false is left out.
    return {"multi_user": True} if fake.multi_user else {}


@route("GET", f"{_V2}/pipelines")
def list_pipelines(fake, query, **_):
    return listed("pipelines", fake.pipelines.values(), query)


@route("POST", f"{_V2}/pipelines")
def create_pipeline(fake, body, **_):
    made = model("V2beta1Pipeline", json.loads(body))
    name = made.get("name") or made["display_name"]
    if any(name == other["name"] for other in fake.pipelines.values()):
        raise Refused(
            EXISTS,
            "Failed to create a pipeline due to server error: Failed to create a pipeline in "
            "PipelineStore: Already exist error: Failed to create a new pipeline. The name "
            f"{name} already exist. Please specify a new name",
            f"Failed to create a new pipeline. The name {name} already exist. Please specify a new "
            "name",
        )
    made.update(pipeline_id=fake.new_id(), created_at=now(), name=name)
    fake.pipelines[made["pipeline_id"]] = made
    return made


@route("POST", f"{_V2}/pipelines/upload_version")
def upload_version(fake, query, body, **_):
    pipeline_id, name = query["pipelineid"], query["name"]
    siblings = [v for v in fake.versions.values() if v["pipeline_id"] == pipeline_id]
    if any(name == other["name"] for other in siblings):
        body = {
            "error_message": "Failed to create a pipeline version",
            "error_details": "Failed to create a pipeline version",
        }
        raise Refused(EXISTS, "", body=json.dumps(body))
    spec = next(iter(yaml.safe_load_all(_part(body))))
    if spec.get("schemaVersion") != "2.1.0":
        body = {"error_message": "unknown template format", "error_details": "unknown"}
        raise Refused(INVALID, "", body=json.dumps(body))
    made = {
        "pipeline_id": pipeline_id,
        "pipeline_version_id": fake.new_id(),
        "name": name,
        "display_name": name,
        "description": query.get("description", ""),
        "created_at": now(),
        "pipeline_spec": spec,
    }
    fake.versions[made["pipeline_version_id"]] = made
    return made


def _part(body):
    content_type, _, data = body.partition(b"\n\n")
    message = message_from_bytes(b"Content-Type: " + content_type + b"\n\n" + data)
    return message.get_payload()[0].get_payload(decode=True).decode()


@route("GET", f"{_V2}/pipelines/([^/]+)/versions")
def list_versions(fake, pipeline_id, query, **_):
    own = [v for v in fake.versions.values() if v["pipeline_id"] == pipeline_id]
    return listed("pipeline_versions", own, query)


@route("GET", f"{_V2}/pipelines/([^/]+)/versions/([^/]+)")
def get_version(fake, _pipeline_id, version_id, **_):
    return _known(fake.versions, version_id, "PipelineVersion")


@route("GET", f"{_V2}/experiments")
def list_experiments(fake, query, **_):
    return listed("experiments", fake.experiments.values(), query)


@route("POST", f"{_V2}/experiments")
def create_experiment(fake, body, **_):
    made = model("V2beta1Experiment", json.loads(body))
    if any(made["display_name"] == e["display_name"] for e in fake.experiments.values()):
        raise Refused(EXISTS, "Already exist error: Failed to create a new experiment.")
    made.update(experiment_id=fake.new_id(), created_at=now(), storage_state="AVAILABLE")
    fake.experiments[made["experiment_id"]] = made
    return made


@route("POST", f"{_V2}/experiments/([^/]+):unarchive")
def unarchive_experiment(fake, experiment_id, **_):
    fake.experiments[experiment_id]["storage_state"] = "AVAILABLE"
    return {}


@route("GET", f"{_V2}/runs")
def list_runs(fake, query, **_):
    return listed("runs", fake.runs.values(), query)


@route("POST", f"{_V2}/runs")
def create_run(fake, body, **_):
    made = model("V2beta1Run", json.loads(body))
    _check_reference(fake, made)
    made.update(run_id=fake.new_id(), created_at=now(), state="PENDING", finished_at=NEVER)
    fake.runs[made["run_id"]] = made
    return made


@route("GET", f"{_V2}/runs/([^/:]+)")
def get_run(fake, run_id, **_):
    return _known(fake.runs, run_id, "Run")


@route("DELETE", f"{_V2}/runs/([^/:]+)")
def delete_run(fake, run_id, **_):
    _known(fake.runs, run_id, "Run")
    del fake.runs[run_id]
    return {}


@route("POST", f"{_V2}/runs/([^/:]+):(terminate|retry)")
def change_run(fake, run_id, verb, **_):
    run = _known(fake.runs, run_id, "Run")
    run["state"] = "CANCELING" if verb == "terminate" else "RUNNING"
    return {}


@route("GET", f"{_V2}/recurringruns")
def list_schedules(fake, query, **_):
    return listed("recurringRuns", fake.schedules.values(), query)


@route("POST", f"{_V2}/recurringruns")
def create_schedule(fake, body, **_):
    made = model("V2beta1RecurringRun", json.loads(body))
    _check_reference(fake, made)
    cron = made["trigger"].get("cron_schedule", {}).get("cron")
    if cron is not None:
        _check_cron(cron)
    if not 1 <= int(made.get("max_concurrency", 0)) <= 10:
        raise Refused(
            INVALID, "Max concurrency of a recurring run must be at least 1 and at most 10."
        )
    enabled = made.get("mode") == "ENABLE"
    made.update(recurring_run_id=fake.new_id(), created_at=now())
    made.update(status="ENABLED" if enabled else "DISABLED")
    made.setdefault("service_account", "pipeline-runner")
    fake.schedules[made["recurring_run_id"]] = made
    return made


@route("POST", f"{_V2}/recurringruns/([^/:]+):(enable|disable)")
def change_schedule(fake, schedule_id, verb, **_):
    schedule = _known(fake.schedules, schedule_id, "RecurringRun")
    schedule.update(mode=verb.upper(), status=f"{verb.upper()}D")
    return {}


@route("DELETE", f"{_V2}/recurringruns/([^/:]+)")
def delete_schedule(fake, schedule_id, query, **_):
    _known(fake.schedules, schedule_id, "RecurringRun")
    keeps_runs = query.get("propagation_policy") == "ORPHAN"
    for run in fake.runs.values() if not keeps_runs else ():
        # The workflow is gone, and with it whatever would have ended the run.
        if run.get("recurring_run_id") == schedule_id and run["state"] in ("PENDING", "RUNNING"):
            run["state"] = "LOST FOR EVER"
    del fake.schedules[schedule_id]
    return {}


@route("GET", "/apis/v1beta1/runs/([^/:]+)")
def get_manifest(fake, run_id, **_):
    manifest = json.dumps(fake.manifests[run_id]) if run_id in fake.manifests else ""
    return {"run": {"id": run_id}, "pipeline_runtime": {"workflow_manifest": manifest}}


@route("GET", "/apis/v1alpha1/runs/([^/]+)/nodes/([^/]+)/log")
def get_log(fake, run_id, pod, **_):
    missing = {"error_message": f'pods "{pod}" not found', "error_details": "..."}
    return fake.logs.get((run_id, pod), json.dumps(missing))


def _known(things, key, kind):
    if key not in things:
        raise Refused(
            NOT_FOUND,
            f"Failed to get: ResourceNotFoundError: {kind} {key} not found",
            f"{kind} {key} not found",
        )
    return things[key]


def _check_reference(fake, made):
    reference = made.get("pipeline_version_reference") or {}
    if not {"pipeline_id", "pipeline_version_id"} <= set(reference):
        # With a pipeline alone, the real one would run that pipeline's latest version.
        raise Refused(
            INTERNAL,
            "Failed to create a new run: InternalServerError: Failed to create a run due to error "
            "fetching manifest: Invalid input error: Failed to fetch a template with an empty "
            "pipeline spec manifest",
            "Internal Server Error",
        )
    _known(fake.versions, reference["pipeline_version_id"], "PipelineVersion")


def _check_cron(text):
    """Checks as robfig/cron v1 does: five or six fields, seconds first, numbers within bounds."""
    fields = text.split()
    refusal = (
        "Schedule cron is not a supported format(https://godoc.org/github.com/robfig/cron). Error: "
    )
    if not 5 <= len(fields) <= 6:
        raise Refused(INVALID, f"{refusal}Expected 5 to 6 fields, found {len(fields)}: {text}")
    for field, bounds in zip(
        fields, ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6)), strict=False
    ):
        for part in re.split("[,/-]", field):
            if part not in ("*", "?") and not bounds[0] <= int(part) <= bounds[1]:
                raise Refused(INVALID, f"{refusal}End of range above maximum: {part}")
