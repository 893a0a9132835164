"""What a push came to, as the pushed model's artifact tells it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from components.pusher.retention import Retention

if TYPE_CHECKING:
    from collections.abc import Collection

    from components.pusher.publish import Publication
    from components.pusher.span_order import OlderSpan

OUTCOME_FILE = "push.json"
_NOTHING_REMOVED = Retention()


@dataclass(frozen=True)
class PushOutcome:
    """The content of `push.json` in the artifact.

    Attributes:
        pushed: Whether the model stands in the store.
        headline: What happened, in one line, for a person.
        version: Its version, or None if it was not pushed.
        destination: Its folder in the store; empty if it was not pushed.
        already: Whether an earlier push had put it there.
        newest: The newest version in the store, or None if it was not pushed.
        removed: Older versions that are gone now.
    """

    pushed: bool
    headline: str
    version: int | None = None
    destination: str = ""
    already: bool = False
    newest: int | None = None
    removed: tuple[int, ...] = ()

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
            fields = json.loads(text)
            return cls(**{**fields, "removed": tuple(fields.get("removed", ()))})
        except (AttributeError, TypeError) as error:
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


def pushed(
    name: str, publication: Publication, retention: Retention = _NOTHING_REMOVED
) -> PushOutcome:
    """Returns the outcome of a model that was pushed, now or earlier.

    Args:
        name: The model's name.
        publication: Where it stands.
        retention: What became of old versions.
    """
    parts = [_what_happened(name, publication)]
    if retention.removed:
        parts.append(f"removed {_versions(retention.removed)}")
    if retention.note:
        parts.append(retention.note)
    return PushOutcome(
        pushed=True,
        headline="; ".join(parts),
        version=publication.version,
        destination=str(publication.path),
        already=publication.already,
        newest=publication.newest,
        removed=retention.removed,
    )


def older_data(name: str, older: OlderSpan, *, dates: bool) -> PushOutcome:
    """Returns why a model was not pushed though its gates blessed it.

    Args:
        name: The model's name.
        older: What makes it older than the version in force.
        dates: Whether a span is a date, and its number the days since 1970-01-01.
    """
    newest, in_force = (_span(number, dates=dates) for number in (older.newest, older.in_force))
    return PushOutcome(
        False,
        f"{name} was not pushed: its data ends with span {newest}, that of version {older.version} "
        f"in force with span {in_force} (--set pusher.push_older_span=true pushes it)",
    )


def changed_nothing(artifact_uri: str) -> bool:
    """Whether an artifact is Pusher's, and no model was put into the store."""
    from tfx.dsl.io import fileio

    path = f"{artifact_uri}/{OUTCOME_FILE}"
    if not fileio.exists(path):
        return False
    with fileio.open(path, "r") as file:
        outcome = PushOutcome.from_json(file.read())
        return outcome.already or not outcome.pushed


def _what_happened(name: str, publication: Publication) -> str:
    version, newest = publication.version, publication.newest
    if publication.replaces is not None:
        lost = f"version {publication.replaces} of {name} was gone from the model store"
        return f"{lost} and was pushed again as version {version}"
    if not publication.already:
        return f"{name} was pushed as version {version}"
    already = f"{name} was already pushed as version {version}"
    if newest == version:
        return already
    if publication.rolled_back:
        return f"{already} and rolled back; version {newest} is the newest"
    if not publication.stands:
        return f"{already}, whose files are gone or changed; version {newest} is newer"
    return f"{already}; version {newest} is newer (`tidemill rollback {name} {version}` goes back)"


def _span(number: int, *, dates: bool) -> str:
    return f"{number} ({date(1970, 1, 1) + timedelta(days=number)})" if dates else str(number)


def _versions(versions: Collection[int]) -> str:
    return f"version{'s' * (len(versions) > 1)} {', '.join(map(str, versions))}"
