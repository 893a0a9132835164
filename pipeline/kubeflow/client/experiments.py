"""Experiments, in which Kubeflow collects runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.kubeflow.client.find_or_make import find_or_make
from pipeline.kubeflow.client.upload import equals

if TYPE_CHECKING:
    from pipeline.kubeflow.client.connection import Connection

_ARCHIVED = "ARCHIVED"


def experiment_id(connection: Connection, name: str) -> str:
    """Finds the experiment of a name, or makes it.

    Raises:
        KubeflowError: It cannot be made.
    """
    return find_or_make(_find, _create, connection, name)


def _find(connection: Connection, name: str) -> str | None:
    listed = connection.pages(
        f"look for the experiment {name}",
        connection.client.experiments.experiment_service_list_experiments,
        "experiments",
        namespace=connection.namespace,
        filter=equals(display_name=name),
    )
    found = next(iter(listed), None)
    if found is None:
        return None
    if found.storage_state == _ARCHIVED:
        connection.call(
            f"take the experiment {name} out of the archive",
            connection.client.experiments.experiment_service_unarchive_experiment,
            experiment_id=found.experiment_id,
        )
    return str(found.experiment_id)


def _create(connection: Connection, name: str) -> str:
    from kfp_server_api import V2beta1Experiment

    made = connection.call(
        f"make the experiment {name}",
        connection.client.experiments.experiment_service_create_experiment,
        experiment=V2beta1Experiment(display_name=name, namespace=connection.namespace),
    )
    return str(made.experiment_id)
