"""The metadata service as a real process, asked by ML Metadata's own client, on real databases."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from ml_metadata import errors, metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd
from ml_metadata.proto import metadata_store_service_pb2, metadata_store_service_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from pipeline.metadata.database import SqliteDatabase

ROOT = Path(__file__).resolve().parents[2]
SERVICE = "ml_metadata.MetadataStoreService"
PASSWORD = "p w'\""  # noqa: S105
LIMIT_SECONDS = 60
needs_mariadb = pytest.mark.skipif(
    not shutil.which("mariadbd"), reason="mariadb-server is not installed"
)


class Service:
    """The service's process; a `with` block leaves none behind."""

    def __init__(self, *arguments, **environment):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.metadata.server", "--port=0", "--metrics-port=0"]
            + [str(argument) for argument in arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        said = self.wait_for("listening")
        self.port, self.metrics_port = said["port"], said["metrics_port"]
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        return self

    def __exit__(self, *_):
        self.channel.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def wait_for(self, message):
        for line in self._process.stderr:
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if said["message"] == message:
                    return said
        raise AssertionError(f"the service ended without saying {message!r}")

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(LIMIT_SECONDS)

    def client(self):
        config = mlmd.MetadataStoreClientConfig(host="127.0.0.1", port=self.port)
        return metadata_store.MetadataStore(config)

    def health(self, name):
        request = health_pb2.HealthCheckRequest(service=name)
        answer = health_pb2_grpc.HealthStub(self.channel).Check(request, wait_for_ready=True)
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


class MariaDb:
    """A MariaDB server of its own in a temporary folder."""

    def __init__(self, folder):
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        user = ["--user=root"] if os.geteuid() == 0 else []
        own = ["--no-defaults", *user, f"--datadir={folder}/data"]
        install = ["mariadb-install-db", *own, "--auth-root-authentication-method=normal"]
        subprocess.run(install, check=True, capture_output=True)
        listen = ["--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={folder}/s"]
        self._command = ["mariadbd", *own, *listen]
        self._process = None

    def start(self):
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        said = []
        for line in self._process.stderr:
            said.append(line)
            if "ready for connections" in line:
                return
        raise AssertionError("".join(said))

    def stop(self):
        self._process.terminate()
        self._process.communicate(timeout=LIMIT_SECONDS)

    def sql(self, text):
        subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self._folder}/s", "-uroot"],
            input=text, text=True, check=True, capture_output=True,
        )  # fmt: skip


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory):
    server = MariaDb(tmp_path_factory.mktemp("mariadb"))
    server.start()
    quoted = PASSWORD.replace("'", "''")
    # '%' does not match connections by a host that the server calls localhost.
    for host in ("localhost", "%"):
        server.sql(f"create user 'tidemill'@'{host}' identified by '{quoted}';")
        server.sql(f"grant all on *.* to 'tidemill'@'{host}';")
    yield server
    server.stop()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("mariadb", marks=needs_mariadb)])
def service(request, tmp_path_factory):
    if request.param == "sqlite":
        arguments, environment = ["--sqlite", tmp_path_factory.mktemp("sqlite") / "metadata.db"], {}
    else:
        port = request.getfixturevalue("mariadb").port
        arguments = ["--mysql-host=127.0.0.1", f"--mysql-port={port}"]
        environment = {"TIDEMILL_MYSQL_PASSWORD": PASSWORD}
    with Service(*arguments, **environment) as running:
        running.wait_for("connected")
        yield running


def lineage(store):
    """Records an execution as TFX does, and returns all that can be read about it."""
    examples = mlmd.ArtifactType(name="Examples", properties={"span": mlmd.INT})
    examples.id = store.put_artifact_type(examples)
    trainer = mlmd.ExecutionType(name="Trainer", properties={"epochs": mlmd.DOUBLE})
    trainer.id = store.put_execution_type(trainer)
    run_type = mlmd.ContextType(name="pipeline_run")
    run_type.id = store.put_context_type(run_type)
    run = mlmd.Context(type_id=run_type.id, name="run 1")
    run.custom_properties["é"].string_value = "\u00e4 \n"
    (run.id,) = store.put_contexts([run])
    child = mlmd.Context(type_id=run_type.id, name="child")
    (child.id,) = store.put_contexts([child])
    store.put_parent_contexts([mlmd.ParentContext(parent_id=run.id, child_id=child.id)])
    artifact = mlmd.Artifact(type_id=examples.id, uri="/data/1", state=mlmd.Artifact.LIVE)
    artifact.properties["span"].int_value = 7
    execution = mlmd.Execution(type_id=trainer.id, last_known_state=mlmd.Execution.COMPLETE)
    execution.properties["epochs"].double_value = 2.5
    event = mlmd.Event(type=mlmd.Event.OUTPUT)
    event.path.steps.add().key = "examples"
    store.put_execution(execution, [(artifact, event)], [run])
    return {
        "artifacts": store.get_artifacts_by_uri("/data/1"),
        "by type": store.get_artifacts_by_type("Examples"),
        "executions": store.get_executions_by_context(run.id),
        "contexts": store.get_contexts(),
        "events": store.get_events_by_execution_ids([1]),
        "types": [*store.get_artifact_types(), *store.get_execution_types()],
        "children": store.get_children_contexts_by_context(run.id),
        "parents": store.get_parent_contexts_by_context(child.id),
        "page": store.get_artifacts(metadata_store.ListOptions(limit=1)),
    }


def without_times(things):
    for thing in things:
        for field in ("create_time_since_epoch", "last_update_time_since_epoch",
                      "milliseconds_since_epoch", "id", "type_id", "artifact_id"):  # fmt: skip
            if field in thing.DESCRIPTOR.fields_by_name:
                thing.ClearField(field)
    return [thing.SerializeToString(deterministic=True) for thing in things]


def test_the_stock_client_reads_what_it_wrote_as_from_a_file(service, tmp_path):
    direct = mlmd.ConnectionConfig()
    direct.sqlite.filename_uri = str(tmp_path / "direct.db")
    direct.sqlite.connection_mode = 3
    expected = lineage(metadata_store.MetadataStore(direct))
    answers = lineage(service.client())

    assert {k: without_times(v) for k, v in answers.items()} == {
        k: without_times(v) for k, v in expected.items()
    }


def test_methods_that_are_loops_and_those_that_are_not_there(service):
    client, stub = service.client(), metadata_store_service_pb2_grpc.MetadataStoreServiceStub(
        service.channel
    )  # fmt: skip
    contexts = {context.name: context.id for context in client.get_contexts()}
    requests = metadata_store_service_pb2
    ids = list(contexts.values())
    parents = stub.GetParentContextsByContexts(
        requests.GetParentContextsByContextsRequest(context_ids=ids)
    )
    children = stub.GetChildrenContextsByContexts(
        requests.GetChildrenContextsByContextsRequest(context_ids=ids)
    )

    assert parents.contexts[contexts["child"]].parent_contexts[0].name == "run 1"
    assert children.contexts[contexts["run 1"]].children_contexts[0].name == "child"
    with pytest.raises(grpc.RpcError) as caught:
        stub.GetLineageGraph(requests.GetLineageGraphRequest())
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_refusal_is_the_stock_clients_own_error(service):
    with pytest.raises(errors.NotFoundError, match="no such type"):
        service.client().get_artifact_type("no such type")


def test_health_reflection_and_metrics(service):
    assert service.health("") == service.health(SERVICE) == "SERVING"
    ask = reflection_pb2.ServerReflectionRequest(list_services="")
    stub = reflection_pb2_grpc.ServerReflectionStub(service.channel)
    (listed,) = stub.ServerReflectionInfo(iter([ask]))
    assert SERVICE in {each.name for each in listed.list_services_response.service}

    service.client().get_contexts()
    with urllib.request.urlopen(f"http://127.0.0.1:{service.metrics_port}/metrics") as page:
        families = text_string_to_metric_families(page.read().decode())
    calls = {
        (sample.labels["method"], sample.labels["status"]): sample.value
        for family in families if family.name == "tidemill_metadata_calls"
        for sample in family.samples if sample.name.endswith("_total")
    }  # fmt: skip
    assert calls["GetContexts", "OK"] >= 1


def test_a_database_of_an_older_ml_metadata_is_brought_up_to_date(tmp_path):
    database = SqliteDatabase(tmp_path / "metadata.db")
    with Service("--sqlite", database.path) as running:
        running.wait_for("connected")
        kept = running.client().put_artifact_type(mlmd.ArtifactType(name="Kept"))
        running.stop()

    def version():
        with contextlib.closing(sqlite3.connect(database.path)) as connection:
            ((found,),) = connection.execute("select schema_version from MLMDEnv")
        return found

    current = version()
    metadata_store.downgrade_schema(database.connection_config(), current - 1)
    assert version() == current - 1
    with Service("--sqlite", database.path) as running:
        running.wait_for("connected")
        assert running.client().get_artifact_type("Kept").id == kept
        running.stop()

    assert version() == current


def test_sigterm_ends_it_with_status_0_and_the_data_stay(tmp_path):
    file = tmp_path / "metadata.db"
    with Service("--sqlite", file) as first:
        first.wait_for("connected")
        first.client().put_context_type(mlmd.ContextType(name="kept"))
        assert first.stop() == 0
    with Service("--sqlite", file) as second:
        second.wait_for("connected")
        assert [kind.name for kind in second.client().get_context_types()][-1:] == ["kept"]


@needs_mariadb
def test_a_database_that_comes_late_and_restarts(mariadb):
    mariadb.stop()
    arguments = ["--mysql-host=127.0.0.1", f"--mysql-port={mariadb.port}", "--connections=1"]
    with Service(*arguments, TIDEMILL_MYSQL_PASSWORD=PASSWORD) as service:
        service.wait_for("no database yet")
        assert (service.health(""), service.health(SERVICE)) == ("SERVING", "NOT_SERVING")
        with pytest.raises(errors.UnavailableError, match="not connected to its database"):
            service.client().get_contexts()
        mariadb.start()
        service.wait_for("connected")
        client = service.client()
        client.put_context_type(mlmd.ContextType(name="kept"))

        mariadb.stop()
        with pytest.raises(errors.UnavailableError):
            client.get_context_types()
        mariadb.start()
        assert "kept" in [kind.name for kind in client.get_context_types()]
        assert service.health(SERVICE) == "SERVING"
