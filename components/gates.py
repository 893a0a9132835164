"""What a gate says: pass, or stop the run and why.

A gate (ExampleValidator, Evaluator, InfraValidator) never fails its own execution. It publishes
its artifact with a verdict beside the content, and whoever runs the pipeline reads the verdict
after the launch. So a verdict that comes from the cache stops the run exactly as one that was
computed, and the table that people need to understand the stop is kept in the artifact.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

VERDICT_FILE = "verdict.json"


@dataclass(frozen=True)
class Verdict:
    """The answer of one gate.

    Attributes:
        passed: Whether the run may go on.
        headline: The answer in one line, for a person.
        columns: Headings of the table.
        rows: Cells of the table, one tuple for each finding, as wide as `columns`.
        advice: What to do next, one line; empty when there is nothing to do.
        warns: Whether a gate that passed found something that a person should see.
    """

    passed: bool
    headline: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    advice: str = ""
    warns: bool = False

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"every row of a verdict has {len(self.columns)} cells: {self.rows}")

    def to_json(self) -> str:
        """Returns the verdict as the text of `verdict.json`."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Verdict:
        """Reads what `to_json` wrote.

        Raises:
            ValueError: The text is not a verdict.
        """
        try:
            fields = json.loads(text)
            return cls(
                passed=fields["passed"],
                headline=fields["headline"],
                columns=tuple(fields["columns"]),
                rows=tuple(tuple(row) for row in fields["rows"]),
                advice=fields["advice"],
                warns=fields.get("warns", False),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a verdict: {text[:200]!r}") from error


class DataRefusedError(Exception):
    """The input data itself is at fault: the run stops, as at a gate.

    Raised by a node that reads data from outside, so that its execution fails and is never
    answered from the cache: a repeated run reads the data again.

    Attributes:
        verdict: What is wrong and what to do, for the table that the run ends with.
    """

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(verdict.headline)


def write_verdict(artifact_uri: str, verdict: Verdict) -> None:
    """Writes the verdict into an artifact's folder (a local path or any URI that TFX can write)."""
    from tfx.dsl.io import fileio

    with fileio.open(f"{artifact_uri}/{VERDICT_FILE}", "w") as file:
        file.write(verdict.to_json())


def read_verdict(artifact_uri: str) -> Verdict | None:
    """Returns the verdict of an artifact, or None if the artifact is not a gate's."""
    from tfx.dsl.io import fileio

    path = f"{artifact_uri}/{VERDICT_FILE}"
    if not fileio.exists(path):
        return None
    with fileio.open(path, "r") as file:
        return Verdict.from_json(file.read())
