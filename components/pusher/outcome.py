"""What a push came to, as the pushed model's artifact tells it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

OUTCOME_FILE = "push.json"


@dataclass(frozen=True)
class PushOutcome:
    """The content of `push.json` in the artifact.

    Attributes:
        pushed: Whether the model stands in the store.
        headline: What happened, in one line, for a person.
        version: Its version, or None if it was not pushed.
        destination: Its folder in the store; empty if it was not pushed.
        already: Whether an earlier push had put it there.
    """

    pushed: bool
    headline: str
    version: int | None = None
    destination: str = ""
    already: bool = False

    def to_json(self) -> str:
        """Returns the text of `push.json`."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> PushOutcome:
        """Reads what `to_json` wrote.

        Raises:
            ValueError: The text is not an outcome.
        """
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError(f"not the outcome of a push: {text[:200]!r}") from error


def not_blessed(name: str, *, by_evaluator: bool, by_infra_validator: bool) -> PushOutcome | None:
    """Returns why a model must not be pushed, or None if nothing forbids it.

    Args:
        name: The model's name.
        by_evaluator: Whether Evaluator blessed it.
        by_infra_validator: Whether InfraValidator blessed it, or is not part of the pipeline.
    """
    verdicts = {"Evaluator": by_evaluator, "InfraValidator": by_infra_validator}
    missing = [gate for gate, blessed in verdicts.items() if not blessed]
    if not missing:
        return None
    gates = " and ".join(missing)
    return PushOutcome(False, f"{name} was not pushed: it lacks the blessing of {gates}")


def pushed(name: str, version: int, destination: str, *, already: bool) -> PushOutcome:
    """Returns the outcome of a model that stands in the store.

    Args:
        name: The model's name.
        version: Its version.
        destination: Its folder in the store.
        already: Whether an earlier push had put it there.
    """
    how = "was already pushed" if already else "was pushed"
    headline = f"{name} {how} as version {version}"
    return PushOutcome(True, headline, version, destination, already)
