"""What is checked of a served model, as decisions about answers that were already received."""

from __future__ import annotations

import enum
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.gates import Verdict

COLUMNS = ("check", "result", "detail")
TOLERANCE = 1e-5

Array = np.ndarray[Any, Any]
Outputs = Mapping[str, Array]


class Result(enum.Enum):
    """How a check came out."""

    OK = "ok"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Check:
    """One row of the verdict.

    Attributes:
        name: What was checked.
        result: How it came out.
        detail: The figures behind the result, or the server's message.
    """

    name: str
    result: Result
    detail: str


@dataclass(frozen=True)
class Refused:
    """A request that the server did not answer with predictions.

    Attributes:
        reason: The server's status and message.
    """

    reason: str


Answer = Outputs | Refused


def passed(name: str, ok: bool, detail: str) -> Check:
    """Returns a check that was run."""
    return Check(name, Result.OK if ok else Result.FAILED, detail)


def check_state(version: int, states: Mapping[int, str]) -> Check:
    """Checks that the server reports the version as AVAILABLE.

    Args:
        version: The version that was given to the server.
        states: State of each version that the server reports, by its protocol name.
    """
    state = states.get(version, "not reported")
    return passed("version", state == "AVAILABLE", f"version {version} is {state}")


def check_answer(where: str, answer: Answer, examples: int) -> list[Check]:
    """Checks one answer by itself: its status, its size, its numbers.

    Args:
        where: The signature and the protocol.
        answer: What came back for all examples in one request.
        examples: How many examples were sent.
    """
    names = [f"{where}: {what}" for what in ("status", "predictions", "finite numbers")]
    if isinstance(answer, Refused):
        skipped = [Check(name, Result.NOT_RUN, "no answer") for name in names[1:]]
        return [passed(names[0], ok=False, detail=answer.reason), *skipped]
    return [
        passed(names[0], ok=True, detail=f"answered {examples} examples"),
        _check_size(names[1], answer, examples),
        _check_finite(names[2], answer),
    ]


def check_agreement(signature: str, rest: Answer, grpc: Answer) -> Check:
    """Checks that both protocols give the same predictions."""
    name = f"{signature}: REST agrees with gRPC"
    if isinstance(rest, Refused) or isinstance(grpc, Refused):
        return Check(name, Result.NOT_RUN, "no answer")
    if set(rest) != set(grpc):
        return passed(name, ok=False, detail=f"outputs differ: {sorted(rest)} and {sorted(grpc)}")
    differences = {output: _difference(rest[output], grpc[output]) for output in rest}
    output, largest = max(differences.items(), key=lambda item: item[1])
    return passed(name, largest <= TOLERANCE, f"largest difference {largest:.3g} ({output})")


def check_latency(protocol: str, seconds: Sequence[float], max_latency_ms: float) -> Check:
    """Checks the median time of requests with one example.

    Args:
        protocol: REST or gRPC.
        seconds: Time of each request that was answered.
        max_latency_ms: The bound, in milliseconds.
    """
    name = f"{protocol}: latency"
    if not seconds:
        return Check(name, Result.NOT_RUN, "no request with one example was answered")
    median = statistics.median(seconds) * 1000
    detail = f"median {median:.1f} ms of {len(seconds)} requests, bound {max_latency_ms:g} ms"
    return passed(name, median <= max_latency_ms, detail)


def check_inputs(signature: str, inputs: Iterable[str], features: Iterable[str]) -> Check:
    """Checks that every input of a signature is something that a client knows.

    Args:
        signature: Name of the signature.
        inputs: Names of its inputs.
        features: Features of the raw data, the label left out.
    """
    unknown = sorted(set(inputs) - set(features))
    detail = f"not features of a request: {', '.join(unknown)}" if unknown else "all are features"
    return passed(f"{signature}: inputs", not unknown, detail)


def verdict_of(model_name: str, checks: Sequence[Check]) -> Verdict:
    """Returns the gate's verdict: every check that ran is ok, and none had to be left out.

    Args:
        model_name: The model.
        checks: All checks, in the order in which they were made.
    """
    bad = [check for check in checks if check.result is not Result.OK]
    rows = tuple((check.name, check.result.value, check.detail) for check in checks)
    if not bad:
        return Verdict(True, f"{model_name} was served and passed {len(checks)} checks",
                       COLUMNS, rows)  # fmt: skip
    first = bad[0]
    return Verdict(
        passed=False,
        headline=f"{model_name} did not pass {len(bad)} of {len(checks)} checks; "
        f"first, {first.name}: {first.detail.partition(chr(10))[0]}",
        columns=COLUMNS,
        rows=rows,
        advice="correct the model's export or its signatures; nothing was pushed",
    )


def _check_size(name: str, outputs: Outputs, examples: int) -> Check:
    sizes = {output: values.shape[0] if values.ndim else 1 for output, values in outputs.items()}
    wrong = [f"{output} has {size}" for output, size in sizes.items() if size != examples]
    if not sizes:
        return passed(name, ok=False, detail="the answer has no outputs")
    detail = f"{', '.join(wrong)} for {examples} examples" if wrong else f"{examples} each"
    return passed(name, not wrong, detail)


def _check_finite(name: str, outputs: Outputs) -> Check:
    numbers = {output: values for output, values in outputs.items() if values.dtype.kind in "fiuc"}
    bad = {output: int(np.sum(~np.isfinite(values))) for output, values in numbers.items()}
    found = ", ".join(f"{output} has {count}" for output, count in bad.items() if count)
    total = sum(values.size for values in numbers.values())
    detail = f"NaN or infinity: {found} of {total}" if found else f"{total} numbers"
    return passed(name, not found, detail)


def _difference(left: Array, right: Array) -> float:
    """Returns the largest difference of two outputs; infinite if they cannot be compared."""
    if left.shape != right.shape:
        return float("inf")
    if left.dtype.kind not in "fiuc" or right.dtype.kind not in "fiuc":
        return 0.0 if np.array_equal(left, right) else float("inf")
    if not left.size:
        return 0.0
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    scale = np.maximum(1.0, np.abs(right))
    with np.errstate(invalid="ignore"):
        gaps = np.where(same, 0.0, np.abs(left - right) / scale)
    return float("inf") if np.isnan(gaps).any() else float(gaps.max())
