"""Things of Kubeflow that have a unique name: found, or made where there is none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.kubeflow.client.api_errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.kubeflow.client.connection import Connection


def find_or_make(
    find: Callable[[Connection, str], str | None],
    make: Callable[[Connection, str], str],
    connection: Connection,
    name: str,
) -> str:
    """Returns the id of what has a name; somebody else may make it at the same moment.

    Args:
        find: Returns its id, or None where there is none.
        make: Makes it and returns its id.
        connection: To Kubeflow.
        name: The name.

    Raises:
        KubeflowError: It cannot be made.
    """
    found = find(connection, name)
    if found:
        return found
    try:
        return make(connection, name)
    except ConflictError:
        found = find(connection, name)
        if not found:
            raise
        return found
