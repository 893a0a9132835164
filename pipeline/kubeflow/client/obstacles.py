"""Why a task does not start, or ended without a word, and what to do: from Kubernetes' messages.

Pure: texts in, sentences out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pipeline.kubeflow.client.api_errors import find_quota, quota_sentence

if TYPE_CHECKING:
    from collections.abc import Callable

_IMAGE = re.compile(r'image "([^"]+)"')
_MISSING = re.compile(r'(secret|configmap) "([^"]+)" not found')
_KEY = re.compile(r"couldn't find key (\S+) in (Secret|ConfigMap) (\S+)")
_ACCOUNT = re.compile(r'serviceaccount "([^"]+)" not found')
_NO_ACCESS = re.compile(
    "unauthorized|authorization failed|pull access denied|authentication required|no basic auth|"
    "403 Forbidden",
    re.IGNORECASE,
)
_NO_IMAGE = re.compile(
    "not found|manifest unknown|name unknown|does not exist|InvalidImageName|ErrImageNeverPull",
    re.IGNORECASE,
)
# What else the scheduler tried, after the reason.
_PREEMPTION = re.compile(r"[.;,]? *(no new claims to deallocate|preemption:).*")
_NO_CLAIM = r'persistentvolumeclaim "([^"]+)" not found'
_LONGEST = 240
# Forms of the scheduler's message, the more telling first: it adds up what is wrong with each node.
_NO_PLACE = (
    (
        r"Insufficient ([\w.-]+/[\w.-]*\w)",
        "GPU",
        (
            "no node has a free GPU ({what}) for it: {nodes}; wait for one, add a node to the "
            "pool, or lower gpus in kubeflow.resources"
        ),
    ),
    (
        _NO_CLAIM,
        "volume",
        "there is no volume claim {what}; make it, or correct kubeflow.volumes",
    ),
    (
        "unbound immediate PersistentVolumeClaims",
        "volume",
        "a volume claim has no volume: {nodes}; see `kubectl describe pvc`",
    ),
    (
        "Insufficient (cpu|memory|ephemeral-storage)",
        "resources",
        (
            "no node has enough {what} free: {nodes}; wait, add a node, or lower {key} in "
            "kubeflow.resources"
        ),
    ),
    (
        "node affinity/selector",
        "pool",
        "no node has the labels that it asks for: {nodes}; correct kubeflow.node_pools",
    ),
    (
        "untolerated taint",
        "pool",
        (
            "its nodes have a taint that it does not tolerate: {nodes}; add the toleration in "
            "kubeflow.node_pools"
        ),
    ),
)


class Obstacle(NamedTuple):
    """Something in a task's way.

    Attributes:
        kind: What it is, in a word or two; told once for each task.
        sentence: What it is and what to do about it.
        lasts: Whether it stays until somebody does that: no node that is added and no run that ends
            takes it away.
    """

    kind: str
    sentence: str
    lasts: bool = False


def find_obstacle(message: str) -> Obstacle | None:
    """Returns what a message of Argo or Kubernetes about a pod means; None if it is no trouble."""
    for form, explain in _KNOWN:
        if re.search(form, message):
            return explain(message)
    return None


def _image(message: str) -> Obstacle:
    named = _IMAGE.search(message)
    image = f"the image {named[1]}" if named else "the image"
    if _NO_ACCESS.search(message):
        return Obstacle(
            "image",
            f"{image} may not be pulled, or does not exist; name the registry's Secret in "
            "kubeflow.image_pull_secrets",
            lasts=True,
        )
    return Obstacle(
        "image",
        f"{image} cannot be pulled; push it, or correct kubeflow.image ({_short(message)})",
        # A registry that does not answer may be there again in a moment.
        lasts=_NO_IMAGE.search(message) is not None,
    )


def _unschedulable(message: str) -> Obstacle:
    nodes = _short(_PREEMPTION.sub("", message.partition("Unschedulable: ")[2] or message))
    for form, kind, sentence in _NO_PLACE:
        found = re.search(form, message)
        if found:
            what = found[1] if found.groups() else ""
            told = sentence.format(what=what, key=_key(what), nodes=nodes)
            return Obstacle(kind, told, lasts=form == _NO_CLAIM)
    return Obstacle("node", f"no node takes it: {nodes}")


def _key(resource: str) -> str:
    return resource.replace("-", "_")


def _quota(message: str) -> Obstacle:
    found = find_quota(message)
    sentence = quota_sentence(found) if found else "the namespace's quota is used up"
    return Obstacle("quota", sentence)


def _configuration(message: str) -> Obstacle:
    missing, key = _MISSING.search(message), _KEY.search(message)
    if key:
        what = f"the {key[2]} {key[3].rpartition('/')[2]} has no key {key[1]}"
    elif missing:
        what = f"there is no {missing[1].capitalize()} {missing[2]}"
    else:
        what = _short(message)
    return Obstacle("secret", f"{what}; make it, or correct kubeflow.secret_env", lasts=True)


def _account(message: str) -> Obstacle:
    named = _ACCOUNT.search(message)
    return Obstacle(
        "account",
        f"there is no service account {named[1] if named else ''}; make it, or correct "
        "kubeflow.service_account",
        lasts=True,
    )


def _policy(message: str) -> Obstacle:
    sentence = f"the namespace's security policy refuses its pod: {_short(message)}"
    return Obstacle("policy", sentence, lasts=True)


def _memory(_message: str) -> Obstacle:
    return Obstacle("memory", "it was out of memory; raise memory in kubeflow.resources")


def _evicted(message: str) -> Obstacle:
    return Obstacle("evicted", f"its node sent it away: {_short(message)}; retry the run")


def _disk(message: str) -> Obstacle:
    return Obstacle(
        "disk",
        f"it wrote more to its node's disk than it may ({_short(message)}); raise "
        "ephemeral_storage in kubeflow.resources",
    )


def _time(_message: str) -> Obstacle:
    return Obstacle(
        "time",
        "its time was over; raise kubeflow.timeout_minutes, or timeout_minutes in "
        "kubeflow.resources",
    )


def _node_lost(message: str) -> Obstacle:
    return Obstacle("lost", f"its pod was lost ({_short(message)}); retry the run")


_KNOWN: tuple[tuple[str, Callable[[str], Obstacle]], ...] = (
    ("exceeded quota", _quota),
    ("ErrImage|ImagePullBackOff|InvalidImageName|Back-off pulling image", _image),
    ("serviceaccount .* not found", _account),
    ("violates PodSecurity", _policy),
    ("CreateContainerConfigError|couldn't find key", _configuration),
    ("Unschedulable", _unschedulable),
    ("OOMKilled", _memory),
    ("longer than the specified deadline|DeadlineExceeded", _time),
    (
        "Usage of EmptyDir volume|local ephemeral storage limit|ephemeral local storage usage",
        _disk,
    ),
    ("[Ee]victed|low on resource|NodeShutdown|Preempt", _evicted),
    ("pod deleted|pod not found|node lost|NodeLost", _node_lost),
)


def _short(message: str) -> str:
    message = " ".join(message.split()).rstrip(".")
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]} ..."
