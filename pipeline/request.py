"""What a run, or a task of one, was asked for, as the file that its processes read."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from components.example_gen.spans import Span
from pipeline.config.models import PipelineConfig

if TYPE_CHECKING:
    from components.example_gen.source import Format


@dataclass(frozen=True)
class RunRequest:
    """Everything that a worker needs to compile and execute one run.

    Attributes:
        config: The resolved configuration.
        use_case: Folder of the use case.
        data: Folder, file, glob or pattern of spans of the input, resolved.
        model_store: Folder of the model store, resolved.
        curated_schema: Text of the curated schema, or None to infer one.
        spans: The window of spans, oldest first; empty where the data does not come in spans.
    """

    config: PipelineConfig
    use_case: Path
    data: str
    model_store: Path
    curated_schema: str | None
    spans: tuple[Span, ...] = ()

    def save(self, path: Path) -> None:
        """Writes the request."""
        fields = {
            "config": self.config.model_dump(mode="json", by_alias=True),
            "use_case": str(self.use_case),
            "data": self.data,
            "model_store": str(self.model_store),
            "curated_schema": self.curated_schema,
            "spans": [span._asdict() for span in self.spans],
        }
        path.write_text(json.dumps(fields, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> RunRequest:
        """Reads what `save` wrote."""
        fields = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            config=PipelineConfig.model_validate_json(json.dumps(fields["config"])),
            use_case=Path(fields["use_case"]),
            data=fields["data"],
            model_store=Path(fields["model_store"]),
            curated_schema=fields["curated_schema"],
            spans=tuple(Span(**span) for span in fields.get("spans", ())),
        )


@dataclass(frozen=True)
class TaskRequest:
    """Everything that a worker needs to execute some nodes of a pipeline compiled earlier.

    Attributes:
        compiled: Those nodes, a serialized `tfx.orchestration.Pipeline` of any run.
        artifacts: TFX's pipeline root, a path or gs:// URI.
        data: Folder, file or glob of data that does not come in spans, resolved.
        data_format: Format of the files.
        spans: The window of spans, oldest first; empty where the data does not come in spans.
    """

    compiled: bytes
    artifacts: str
    data: str
    data_format: Format
    spans: tuple[Span, ...] = ()

    def save(self, path: Path) -> None:
        """Writes the request."""
        fields = {
            "compiled": base64.b64encode(self.compiled).decode("ascii"),
            "artifacts": self.artifacts,
            "data": self.data,
            "data_format": self.data_format,
            "spans": [span._asdict() for span in self.spans],
        }
        path.write_text(json.dumps(fields, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> TaskRequest:
        """Reads what `save` wrote."""
        fields = json.loads(path.read_text(encoding="utf-8"))
        compiled = base64.b64decode(fields["compiled"])
        spans = tuple(Span(**span) for span in fields["spans"])
        return cls(**{**fields, "compiled": compiled, "spans": spans})
