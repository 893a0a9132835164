"""Decides whether version labels may be set. Free of threads and TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.errors import Code, ServingError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def assign_labels(
    model: str,
    wanted: Mapping[str, int],
    current: Mapping[str, int],
    available: Collection[int],
    *,
    new_labels_early: bool,
) -> dict[str, int]:
    """Returns the labels of a model after a change of its config.

    A label stands for a version that is available now: it is never set to one that would refuse
    every request.

    Args:
        model: The model's name.
        wanted: Label -> version, as configured.
        current: Label -> version, as it is.
        available: The versions that answer requests.
        new_labels_early: Whether a label that is new, or that stays where it is, may stand for a
            version that is not available.

    Raises:
        ServingError: FAILED_PRECONDITION when a label may not be set.
    """
    for label, version in wanted.items():
        stays = current.get(label, version) == version
        if version not in available and not (new_labels_early and stays):
            raise ServingError.of(
                Code.FAILED_PRECONDITION,
                f"Request to assign label to version {version} of model {model}, "
                "which is not currently available for inference",
            )
    return dict(wanted)
