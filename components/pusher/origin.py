"""Where a version of a pushed model comes from: the file beside the version's folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class DataSource:
    """One set of examples that a model was trained on.

    Attributes:
        uri: Where the examples are.
        span: Number of the span, or None where the data has none.
        version: Version of the span, likewise.
        fingerprint: ExampleGen's summary of the input files; empty if it gave none.
    """

    uri: str
    span: int | None = None
    version: int | None = None
    fingerprint: str = ""


@dataclass(frozen=True)
class Provenance:
    """What is known of a model before it is pushed.

    Attributes:
        pipeline: Name of the pipeline.
        run_id: The run that pushed.
        model_uri: The model artifact; with its content it identifies the model.
        model_artifact_id: Its id in ML Metadata.
        data: What it was trained on.
        metrics: Overall metrics of its evaluation; empty if it had none.
        software: Versions of the packages that made it, by name.
        training: What Trainer recorded (`components.training_record`): its run, seed,
            hyperparameters and the search they come from, the model it started from; empty if
            it recorded nothing.
    """

    pipeline: str
    run_id: str
    model_uri: str
    model_artifact_id: int
    data: tuple[DataSource, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Origin:
    """The content of `<version>.json`.

    Attributes:
        version: The version that this tells about.
        pushed_at: When it was pushed, UTC, ISO 8601.
        fingerprint: Hash of the model's files (`components.pusher.fingerprint`).
        provenance: Where the model comes from; of a rollback, that of the model it restores.
        restores: Of a rollback: the older version whose model this is.
        rolled_back_from: Of a rollback: the version that had been the newest.
    """

    version: int
    pushed_at: str
    fingerprint: str
    provenance: Provenance
    restores: int | None = None
    rolled_back_from: int | None = None

    def is_of(self, model_uri: str, fingerprint: str) -> bool:
        """Says whether the version is of this model artifact with this content."""
        return self.provenance.model_uri == model_uri and self.fingerprint == fingerprint

    def to_json(self) -> str:
        """Returns the text of the origin file."""
        head: dict[str, Any] = {
            "version": self.version,
            "pushed_at": self.pushed_at,
            "fingerprint": self.fingerprint,
        }
        if self.restores is not None:
            head |= {"restores": self.restores, "rolled_back_from": self.rolled_back_from}
        return json.dumps({**head, **asdict(self.provenance)}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Origin:
        """Reads what `to_json` wrote.

        Raises:
            ValueError: The text is not an origin.
        """
        try:
            fields: dict[str, Any] = json.loads(text)
            data = tuple(DataSource(**source) for source in fields.pop("data"))
            return cls(
                version=fields.pop("version"),
                pushed_at=fields.pop("pushed_at"),
                fingerprint=fields.pop("fingerprint"),
                restores=fields.pop("restores", None),
                rolled_back_from=fields.pop("rolled_back_from", None),
                provenance=Provenance(data=data, **fields),
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"not the origin of a model: {text[:200]!r}") from error
