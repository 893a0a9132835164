"""What the runner and its workers say to each other: one JSON object a line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Outcome(str, Enum):
    """How a node's launch ended."""

    EXECUTED = "executed"
    CACHED = "cached"
    # Only where no more than a look into the cache was asked for: it has no answer.
    MISSED = "missed"
    FAILED = "failed"


@dataclass(frozen=True)
class NodeResult:
    """What one launch of one node came to.

    Attributes:
        node: Id of the node.
        outcome: How it ended.
        cause: Why it failed, one line; empty otherwise.
        execution_id: Id in ML Metadata, or None if it was never registered.
        verdict: A gate's verdict (`components.gates.Verdict` as a mapping), or that of a node
            that failed because it refused its data; or None.
        rows: Rows of each split that ExampleGen wrote; empty for other nodes.
        pushed_version: Version that Pusher published or found published, or None.
        summary: What happened, one line for a person, from nodes that have something to say.
        training: How the model of this run was trained (`components.trainer.fit_record`), from
            Trainer; None from other nodes.
        peak_memory_mib: Largest resident size of the process.
        cpu_seconds: What the process used, user and system time, of all cores together.
        outputs: Ids of its output artifacts in ML Metadata.
        executor_began: When its executor began, seconds since the epoch; None if it did not.
        new: Whether it did something that no earlier run had done.
    """

    node: str
    outcome: Outcome
    cause: str = ""
    execution_id: int | None = None
    verdict: Mapping[str, Any] | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    pushed_version: str | None = None
    summary: str = ""
    training: Mapping[str, Any] | None = None
    peak_memory_mib: int = 0
    cpu_seconds: float = 0.0
    outputs: tuple[int, ...] = ()
    executor_began: float | None = None
    new: bool = True

    def to_json(self) -> str:
        """Returns the result as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> NodeResult:
        """Reads what `to_json` wrote."""
        fields = json.loads(text)
        typed = {"outcome": Outcome(fields["outcome"]), "outputs": tuple(fields.get("outputs", ()))}
        return cls(**{**fields, **typed})


@dataclass(frozen=True)
class Ready:
    """A worker's first message.

    Attributes:
        upstream: From a lean worker, which compiles the pipeline: the nodes, in topological order,
            with what each waits for. From a full worker: nothing.
        light: Nodes that the lean worker can execute itself.
    """

    upstream: Mapping[str, tuple[str, ...]]
    light: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A worker's last message when it cannot work at all, such as a DAG that does not compile."""

    cause: str
    traceback: str


Reply = Ready | Refused | NodeResult


def encode_reply(reply: Reply) -> str:
    """Returns a reply as one line, without its end."""
    return json.dumps({"reply": type(reply).__name__, **asdict(reply)})


def decode_reply(line: str) -> Reply:
    """Reads what `encode_reply` wrote.

    Raises:
        ValueError: The line is no reply.
    """
    fields = json.loads(line)
    kind = fields.pop("reply")
    if kind == "Ready":
        upstream = {node: tuple(nodes) for node, nodes in fields["upstream"].items()}
        return Ready(upstream, tuple(fields["light"]))
    if kind == "Refused":
        return Refused(**fields)
    if kind == "NodeResult":
        return NodeResult.from_json(json.dumps(fields))
    raise ValueError(f"not a reply: {line!r}")
