"""The metadata service and the model servers start, report and stop as their programs do."""

from __future__ import annotations

import pytest

from pipeline.metadata.database import MySqlDatabase, SqliteDatabase
from pipeline.metadata.options import parse_options
from pipeline.metadata.service import SERVICE
from serving.server.batching_parameters import read_parameters
from serving.server.config_poll import read_model_config
from serving.server.flag_parser import parse_flags
from serving.server.model_config import read_settings
from serving.server.start_checks import channel_arguments, check_flags, metrics_path
from serving.server.text_config import new_message, read_text_message


@pytest.fixture
def serving(manifests):
    return manifests.workload("serving")


@pytest.fixture
def config_files(manifests, serving, tmp_path):
    """Writes the ConfigMaps as the pod sees them; returns the flags with their paths there."""
    volumes = {one["name"]: one for one in serving.spec["volumes"]}
    arguments = list(serving.container["args"])
    for mount in serving.container["volumeMounts"]:
        config = volumes[mount["name"]].get("configMap")
        if config is None:
            continue
        folder = tmp_path / mount["name"]
        folder.mkdir()
        for name, text in manifests.get("ConfigMap", config["name"])["data"].items():
            (folder / name).write_text(text)
        arguments = [one.replace(mount["mountPath"], str(folder)) for one in arguments]
    return parse_flags(arguments).flags


def _options(manifests, folder):
    container = manifests.workload("metadata").container
    password = folder / "password"
    password.write_text("hush")
    values = {f"$({entry['name']})": "value" for entry in container.get("env", ())}
    values["/run/secrets/mysql/password"] = str(password)
    text = "\n".join(container["args"])
    for name, value in values.items():
        text = text.replace(name, value)
    assert "$(" not in text
    return parse_options(text.splitlines(), {})


def test_the_metadata_service_understands_its_flags(manifests, tmp_path):
    options = _options(manifests, tmp_path)
    ports = {
        one["name"]: one["containerPort"]
        for one in manifests.workload("metadata").container["ports"]
    }
    assert (options.host, options.port, options.metrics_port) == (
        "0.0.0.0",  # noqa: S104 - in a pod
        ports["grpc"],
        ports["metrics"],
    )
    kind = SqliteDatabase if manifests.overlay == "dev" else MySqlDatabase
    assert isinstance(options.database, kind)
    assert (
        options.grace_seconds < manifests.workload("metadata").spec["terminationGracePeriodSeconds"]
    )


def test_the_metadata_service_is_ready_when_its_database_answers(manifests):
    service = SERVICE.full_name
    container = manifests.workload("metadata").container
    assert container["readinessProbe"]["grpc"] == {"port": 8080, "service": service}
    # The database's absence must not have the service restarted.
    assert container["livenessProbe"]["grpc"] == {"port": 8080}
    assert container["startupProbe"]["grpc"] == {"port": 8080}


def test_the_model_server_understands_its_flags(serving, config_files):
    command = parse_flags(serving.container["args"])
    assert command.unknown == ()
    check_flags(config_files)
    assert dict(channel_arguments(config_files.grpc_channel_arguments))
    ports = {one["name"]: one["containerPort"] for one in serving.container["ports"]}
    assert (config_files.port, config_files.rest_api_port) == (ports["grpc"], ports["rest"])
    assert config_files.model_config_file_poll_wait_seconds > 0


def test_the_model_servers_configuration_is_valid(config_files):
    (model,) = read_settings(read_model_config(config_files.model_config_file))
    assert model.base_path == f"/models/{model.name}"
    message = new_message("BatchingParameters")
    batching = read_parameters(read_text_message(config_files.batching_parameters_file, message))
    assert batching.split_large  # else a large request, which worked without batching, is refused


def test_metrics_are_where_prometheus_is_told_to_look(manifests, config_files):
    annotations = manifests.get("Deployment", "serving")["spec"]["template"]["metadata"][
        "annotations"
    ]
    assert annotations["prometheus.io/path"] == metrics_path(config_files.monitoring_config_file)
    assert annotations["prometheus.io/port"] == str(config_files.rest_api_port)


def test_readiness_asks_for_a_version_of_a_model_that_is_served(serving, config_files):
    (model,) = read_settings(read_model_config(config_files.model_config_file))
    readiness = serving.container["readinessProbe"]["httpGet"]
    assert readiness == {"path": f"/v1/models/{model.name}/metadata", "port": "rest"}


def test_a_server_without_models_is_not_restarted(serving, config_files):
    assert config_files.enable_grpc_healthcheck_service
    for probe in ("startupProbe", "livenessProbe"):
        assert serving.container[probe]["grpc"] == {"port": config_files.port}
    startup = serving.container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 24 * 3600


def test_a_server_stops_after_everybody_left_it(serving, config_files):
    notice = serving.container["lifecycle"]["preStop"]["sleep"]["seconds"]
    connection_age = dict(channel_arguments(config_files.grpc_channel_arguments))[
        "grpc.max_connection_age_ms"
    ]
    # gRPC's own jitter is a tenth.
    assert notice * 1000 > 1.1 * connection_age
    grace = serving.spec["terminationGracePeriodSeconds"]
    assert grace > notice + config_files.drain_grace_seconds


def test_models_are_read_only(manifests, serving):
    (volume,) = (one for one in serving.spec["volumes"] if one["name"] == "models")
    assert volume["persistentVolumeClaim"] == {"claimName": "models", "readOnly": True}
    for mount in serving.container["volumeMounts"]:
        assert mount.get("readOnly") is True or mount["name"] == "tmp"
    claim = manifests.get("PersistentVolumeClaim", "models")["spec"]
    assert claim["storageClassName"] == ""


def test_the_list_of_models_keeps_its_name_and_the_settings_do_not(manifests):
    names = manifests.names("ConfigMap", "tidemill")
    assert "serving-models" in names
    assert "serving-settings" not in names
    models = manifests.get("ConfigMap", "serving-models")["data"]
    assert set(models) == {"models.config"}
    # A mount of a single file would never see a change.
    mounts = manifests.workload("serving").container["volumeMounts"]
    assert not any("subPath" in mount for mount in mounts)
