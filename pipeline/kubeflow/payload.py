"""What a compiled task carries in its arguments, as text that no layer of Kubeflow rewrites.

Kubernetes, Argo and Kubeflow each replace some forms of braces and dollars in arguments, and the
database behind them refuses some characters: base64 has none of these. bzip2, because its output is
the same wherever it is made; that of zlib depends on the library behind it.
"""

from __future__ import annotations

import base64
import bz2
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Kubeflow copies every argument ten times and more into one object, which etcd takes up to 1.5 MiB.
# Measured with Kubeflow Pipelines 2.17: 11 tasks of 9 KiB run, 11 of 15 KiB do not.
MAX_BYTES = 100 << 10
_FORMAT = 3


@dataclass(frozen=True)
class TaskPayload:
    """What a task must know besides its nodes.

    Attributes:
        task: Name of the task.
        nodes: Ids of its nodes; those of template spans stand for all spans.
        first: Whether every other task waits for it.
        last: Whether no task waits for it.
        alone: Whether no other task can run while it does.
        use_case: Folder of the use case, relative to Tidemill's folder in the image.
        beside: Files that count besides the Python files of that folder, relative to the folder
            around it (`pipeline.kubeflow.code_identity`).
        config: The resolved configuration, without what has its default.
        code: Hashes of the code that the image must hold (`pipeline.kubeflow.code_identity`).
    """

    task: str
    nodes: tuple[str, ...]
    first: bool
    last: bool
    alone: bool
    use_case: str
    beside: tuple[str, ...]
    config: Mapping[str, Any]
    code: Mapping[str, str]

    def encode(self) -> str:
        """Returns the payload as an argument."""
        fields = {"format": _FORMAT, **asdict(self)}
        return encode(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())

    @classmethod
    def decode(cls, text: str) -> TaskPayload:
        """Reads what `encode` wrote.

        Raises:
            ConfigurationError: It was written by a Tidemill of another format.
        """
        fields = json.loads(decode(text))
        if fields.pop("format") != _FORMAT:
            raise ConfigurationError(
                "the pipeline was compiled by another Tidemill; compile and submit it again"
            )
        lists = {name: tuple(fields[name]) for name in ("nodes", "beside")}
        return cls(**{**fields, **lists})


def encode(content: bytes) -> str:
    """Returns bytes as a text of letters, digits, `+`, `/` and `=`."""
    return base64.b64encode(bz2.compress(content)).decode("ascii")


def decode(text: str) -> bytes:
    """Returns what `encode` was given."""
    return bz2.decompress(base64.b64decode(text))


def check_size(arguments: Mapping[str, Iterable[str]], in_every_task: Mapping[str, Any]) -> None:
    """Checks that Kubeflow can take what a pipeline's tasks carry.

    Args:
        arguments: The constant arguments of each task.
        in_every_task: What stands in every task besides, by its key in the configuration.

    Raises:
        ConfigurationError: It is too long; names the longest.
    """
    sizes = {task: sum(map(len, constants)) for task, constants in arguments.items()}
    repeated = {key: len(json.dumps(value).encode()) for key, value in in_every_task.items()}
    copies = len(sizes) * sum(repeated.values())
    total = sum(sizes.values()) + copies
    if total <= MAX_BYTES:
        return
    if copies > total // 2:
        longest = max(repeated, key=repeated.__getitem__)
        advice = (
            f"{longest} has {repeated[longest] >> 10} KiB, in each of {len(sizes)} tasks: put long "
            "values into a file on a volume, or into a Secret"
        )
    else:
        longest = max(sizes, key=sizes.__getitem__)
        advice = (
            f"the longest arguments are those of {longest}, {sizes[longest] >> 10} KiB: shorten "
            "the curated schema or trainer.parameters, or set kubeflow.fuse: true"
        )
    raise ConfigurationError(
        f"what the tasks carry is {total >> 10} KiB long together, and Kubeflow takes about "
        f"{MAX_BYTES >> 10} KiB; {advice}"
    )
