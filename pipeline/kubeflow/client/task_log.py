"""What the log of a task says of its nodes.

While a task runs, its log has the line of each node that ended, as a local run prints it; as its
last line it has everything as JSON. The exit status of the program is nowhere else: Kubeflow keeps
only that the task failed.
"""

from __future__ import annotations

import re

from pipeline.kubeflow.client.api_errors import shortened
from pipeline.kubeflow.pod_display import LOG_BEGINS, LOG_ENDS
from pipeline.runs import NodeRecord, NodeState

_ENDED = "|".join(
    state.value
    for state in (
        NodeState.DONE,
        NodeState.CACHED,
        NodeState.STOPPED,
        NodeState.FAILED,
        NodeState.CANCELLED,
    )
)
_NODE = re.compile(
    rf"^(?P<node>[A-Z]\w*(?:\.span-\d+)?) +(?P<state>{_ENDED})\b"
    r"(?: +(?P<seconds>\d+\.\d\d) s)?(?: +[\d,]+ rows/s)?(?: +(?P<rest>\S.*))?$",
    re.MULTILINE,
)
_FATAL = re.compile(
    r"^F\d{4} [\d:.]+ +\d+ \S+\] (?:failed to execute component: )?(?:exit status (\d+)|(.+))$",
    re.MULTILINE,
)
_NOT_ITS_OWN = re.compile(
    r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w./-]+\.go:\d+\] |time=\S+ level=\S+ msg=.* argo=true$"
)
_SECTION = re.compile(
    f"^{LOG_BEGINS}(?P<node>\\S+)\n(?P<text>.*?)^{LOG_ENDS}(?P=node)$", re.MULTILINE | re.DOTALL
)
_OWN_WORDS = re.compile(r"^tidemill: (.+)$", re.MULTILINE)
_WAITS = re.compile(r"^waiting for run (\S+) of this pipeline to end$", re.MULTILINE)


def read_nodes(log: str) -> dict[str, NodeRecord]:
    """Returns the nodes that have ended, from their lines."""
    # What a node wrote itself may look like anything.
    return {
        line["node"]: NodeRecord(
            NodeState(line["state"]),
            seconds=float(line["seconds"]) if line["seconds"] else None,
            cause=_cause(NodeState(line["state"]), line["rest"] or ""),
        )
        for line in _NODE.finditer(_SECTION.sub("", log))
    }


def exit_status(log: str) -> int | None:
    """Returns the program's exit status as Kubeflow's launcher saw it; None if it did not say."""
    found = _FATAL.search(log)
    return int(found[1]) if found and found[1] else None


def last_words(log: str) -> str:
    """Returns why a program ended that left no result: its own words, else its launcher's."""
    own = _OWN_WORDS.findall(log)
    if own:
        return str(own[-1])
    found = _FATAL.search(log)
    if found is None:
        return ""
    return f"exit status {found[1]}" if found[1] else kubeflow_trouble(log)


def kubeflow_trouble(log: str) -> str:
    """Returns what Kubeflow's driver or launcher failed at, around the program; or empty."""
    found = _FATAL.search(log)
    if found is None or not found[2]:
        return ""
    return f"Kubeflow: {shortened(found[2])}"


def awaited_run(log: str) -> str | None:
    """Returns the run that a task waits for before it begins, or None."""
    found = _WAITS.findall(log)
    return found[-1] if found else None


def node_log(log: str, node: str) -> str | None:
    """Returns what a node wrote, from the log of its task; None if it is not there."""
    sections = (found for found in _SECTION.finditer(log) if found["node"] == node)
    return next((found["text"] for found in sections), None)


def without_launcher(log: str) -> str:
    """Returns a log without what Argo and Kubeflow's launcher say of their own doings."""
    lines = log.splitlines(keepends=True)
    return "".join(line for line in lines if not _NOT_ITS_OWN.match(line))


def is_missing(log: str) -> bool:
    """Whether the API answered with an error in place of a log; its status is 200 all the same."""
    last = log.rpartition("\n")[2]
    return '{"error_message":' in last or '{"error_details":' in last


def _cause(state: NodeState, rest: str) -> str:
    return rest if state in (NodeState.FAILED, NodeState.STOPPED) else ""
