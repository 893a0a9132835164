"""Texts as Kubernetes, and the layers of Kubeflow above it, take them.

What they would refuse only when a pod is made, or rewrite silently, is refused here. Sources: the
Kubernetes API's validation; kfp 2.16, `PipelineTask.set_memory_limit`; tried with Kubeflow
Pipelines 2.17 and Argo 4.0.
"""

from __future__ import annotations

import posixpath
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from pipeline.config.base import Text

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_NAME = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_QUANTITY = r"[0-9]+(\.[0-9]+)?(m|k|[MGTP]|[KMGTP]i)?"
_BYTES = re.compile(r"([0-9]+)([MGTP]i?|Ki)?")
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_OURS = ("PYTHONPATH", "HOME")
# Argo replaces the first, the kubelet the others, wherever they stand in a pod.
_REWRITTEN = ("{{", "$(", "$$")
_LAST_OF_THREE_BYTES = 0xFFFF
# Mounted over, the image has no code, no Python, or a file system that Kubeflow mounts too.
_TAKEN = ("/app", "/opt/venv", "/tmp", "/usr", "/etc", "/dev", "/proc", "/sys")  # noqa: S108
_TAKEN_BY_KUBEFLOW = ("/gcs", "/s3", "/minio", "/.local", "/.cache", "/.config", "/kfp-launcher")


def _matching(pattern: str, problem: str) -> Callable[[str], str]:
    form = re.compile(pattern)

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(problem)
        return text

    return check


def _check_variable(name: str) -> str:
    if name in _OURS:
        raise ValueError("is set by the image and must stay as it is")
    return name


def check_plain(text: str) -> str:
    """Returns a text that arrives in a pod as it was written.

    Raises:
        ValueError: Something on the way would rewrite it, or cannot store it.
    """
    found = next((form for form in _REWRITTEN if form in text), None)
    if found:
        raise ValueError(
            f"holds {found}, which Argo or Kubernetes would replace on the way into the pod; leave "
            "it out"
        )
    if any(ord(character) > _LAST_OF_THREE_BYTES for character in text):
        raise ValueError(
            "holds a character of four bytes, such as an emoji, which Kubeflow's database refuses; "
            "leave it out"
        )
    return text


def _check_value(text: str) -> str:
    try:
        return check_plain(text)
    except ValueError as error:
        raise ValueError(f"{error}, or put the value into a Secret (kubeflow.secret_env)") from None


def _check_sub_path(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError("must be a path inside the volume, such as taxi, without .. in it")
    return check_plain(path)


def _check_mount_path(path: str) -> str:
    if not path.startswith("/") or ":" in path:
        raise ValueError("must be an absolute path below /, without a colon, such as /tidemill")
    path = clean_path(check_plain(path))
    if any(_is_inside(taken, path) for taken in _TAKEN) or path in _TAKEN_BY_KUBEFLOW:
        raise ValueError("would hide what a pod needs there; mount the volume elsewhere")
    return path


def _is_inside(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder.rstrip('/')}/")


def clean_path(path: str) -> str:
    """Returns an absolute path without `..`, `.` and double or closing slashes."""
    # POSIX lets two slashes at the beginning mean something of their own.
    return posixpath.normpath("/" + path.lstrip("/"))


def bytes_of(amount: str) -> int:
    """Returns the bytes of an amount, such as 4096 of `4Ki`."""
    match = _BYTES.fullmatch(amount)
    assert match is not None, amount
    unit = match[2] or ""
    base = 1024 if unit.endswith("i") else 1000
    return int(Decimal(match[1]) * base ** _POWERS[unit[:1]])


Quantity = Annotated[
    Text,
    AfterValidator(
        _matching(_QUANTITY, "must be a quantity as Kubernetes writes it, such as 500m, 2 or 4Gi")
    ),
]
Cpu = Annotated[
    Text,
    AfterValidator(
        _matching(r"[0-9]+m|[0-9]+(\.[0-9]{1,3})?", "must be a number of CPU cores: 2, 0.5 or 500m")
    ),
]
Amount = Annotated[
    Text,
    AfterValidator(
        _matching(_BYTES.pattern, "must be a whole amount as Kubernetes writes it: 4Gi or 500M")
    ),
]
LabelKey = Annotated[
    Text,
    AfterValidator(
        _matching(
            rf"({_NAME}(\.{_NAME})*/)?{_LABEL_NAME}",
            "must be a key as Kubernetes writes it, such as team or example.com/team",
        )
    ),
]
LabelValue = Annotated[
    str,
    AfterValidator(
        _matching(
            f"({_LABEL_NAME})?",
            "must be a label's value as Kubernetes writes it: at most 63 letters, digits, -, _ and "
            "., a letter or digit at both ends",
        )
    ),
]
# Kubeflow names the pod's volume after the claim, and the name of a volume has no full stop.
ClaimName = Annotated[
    Text,
    AfterValidator(
        _matching(
            rf"(?=.{{1,63}}$){_NAME}",
            "must be a claim's name: at most 63 lower-case letters, digits and -, such as data",
        )
    ),
]
ObjectName = Annotated[
    Text,
    AfterValidator(
        _matching(
            rf"(?=.{{1,253}}$){_NAME}(\.{_NAME})*",
            "must be a name as Kubernetes writes it: lower-case letters, digits, - and .",
        )
    ),
]
SecretKey = Annotated[
    Text,
    AfterValidator(_matching("[-._A-Za-z0-9]{1,253}", "must be letters, digits, -, _ and .")),
]
Image = Annotated[
    Text,
    AfterValidator(
        _matching(
            r"([A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*"
            r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@[A-Za-z0-9+._-]+:[0-9A-Fa-f]+)?",
            "must be the name of an image, such as registry.example/tidemill:0.1.0",
        )
    ),
]
Variable = Annotated[
    Text,
    AfterValidator(
        _matching(
            "[A-Za-z_][A-Za-z0-9_]*",
            "must be the name of an environment variable, such as HTTPS_PROXY",
        )
    ),
    AfterValidator(_check_variable),
]
Plain = Annotated[Text, AfterValidator(check_plain)]
VariableValue = Annotated[str, AfterValidator(_check_value)]
SubPath = Annotated[Text, AfterValidator(_check_sub_path)]
MountPath = Annotated[Text, AfterValidator(_check_mount_path)]
