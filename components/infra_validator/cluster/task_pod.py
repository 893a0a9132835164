"""The task's own Pod, whose place, volumes and image the server's Pod shares."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from components.infra_validator.errors import InfraValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Kubeflow's launcher knows the first; Kubernetes names every host after its Pod.
_NAME_VARIABLES = ("KFP_POD_NAME", "HOSTNAME")
_MAIN_CONTAINER = "main"


@dataclass(frozen=True)
class Mount:
    """A volume in the task's container.

    Attributes:
        path: Where it is mounted.
        claim: Its claim; None for a volume of another kind, which no other Pod can mount.
        sub_path: Folder inside the volume that is mounted; empty for its root.
        computed: Whether that folder's name is computed by Kubernetes, and not known here.
    """

    path: PurePosixPath
    claim: str | None
    sub_path: str
    computed: bool


@dataclass(frozen=True)
class ModelVolume:
    """Where the model is, as a Pod can mount it.

    Attributes:
        claim: The claim of the volume.
        sub_path: The model's folder inside the volume.
    """

    claim: str
    sub_path: str


@dataclass(frozen=True)
class TaskPod:
    """What of the task's Pod matters to the server's.

    Attributes:
        name: Its name.
        uid: Its unique id.
        node: The node that it runs on.
        image: The image of its main container.
        mounts: The volumes of that container.
        node_selector: Labels of the nodes that it may run on.
        tolerations: Taints that it tolerates, as the API gives them.
        image_pull_secrets: Registry credentials, as the API gives them.
    """

    name: str
    uid: str
    node: str
    image: str
    mounts: tuple[Mount, ...]
    node_selector: Mapping[str, str]
    tolerations: tuple[Any, ...]
    image_pull_secrets: tuple[Any, ...]

    def volume_of(self, folder: Path) -> ModelVolume:
        """Finds the volume that holds a folder.

        Args:
            folder: An absolute path without symbolic links.

        Raises:
            InfraValidationError: It is on no volume that another Pod can mount.
        """
        above = [mount for mount in self.mounts if folder.is_relative_to(mount.path)]
        nearest = max(above, key=lambda mount: len(mount.path.parts), default=None)
        if nearest is None or nearest.claim is None or nearest.computed:
            raise InfraValidationError(
                f"the model at {folder} is {_not_shared(nearest)}, so a model server in a Pod of "
                "its own cannot read it; put kubeflow.pipeline_root on one of kubeflow.volumes, "
                "or set infra_validator.backend to process",
                subject=str(folder),
            )
        inside = PurePosixPath(nearest.sub_path.strip("/"), folder.relative_to(nearest.path))
        return ModelVolume(nearest.claim, str(inside))


def _not_shared(mount: Mount | None) -> str:
    if mount is None:
        return "on none of the volumes of this task's Pod"
    if mount.claim is None:
        return f"below {mount.path}, a volume without a claim"
    return f"below {mount.path}, a volume mounted with subPathExpr"


def task_pod_name(environment: Mapping[str, str] = os.environ) -> str:
    """Returns the name of the Pod that this process runs in.

    Raises:
        InfraValidationError: Nothing says so.
    """
    for variable in _NAME_VARIABLES:
        if environment.get(variable):
            return environment[variable]
    raise InfraValidationError(
        "nothing tells the name of this task's Pod; set KFP_POD_NAME from the field metadata.name",
        subject="KFP_POD_NAME",
    )


def read_task_pod(pod: Any) -> TaskPod:
    """Takes out of a Pod, a `V1Pod` of Kubernetes' client, what the server's Pod shares with it."""
    containers = {container.name: container for container in pod.spec.containers}
    main = containers.get(_MAIN_CONTAINER, pod.spec.containers[0])
    claims = {
        volume.name: volume.persistent_volume_claim.claim_name
        for volume in pod.spec.volumes or ()
        if volume.persistent_volume_claim
    }
    return TaskPod(
        name=pod.metadata.name,
        uid=pod.metadata.uid,
        node=pod.spec.node_name or "",
        image=main.image,
        mounts=tuple(_mount(mount, claims) for mount in main.volume_mounts or ()),
        node_selector=dict(pod.spec.node_selector or {}),
        tolerations=tuple(pod.spec.tolerations or ()),
        image_pull_secrets=tuple(pod.spec.image_pull_secrets or ()),
    )


def _mount(mount: Any, claims: Mapping[str, str]) -> Mount:
    return Mount(
        PurePosixPath(mount.mount_path),
        claims.get(mount.name),
        mount.sub_path or "",
        bool(mount.sub_path_expr),
    )
