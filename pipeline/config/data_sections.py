"""Sections about data: where it is, its schema and its preprocessing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    Strict,
    field_validator,
    model_validator,
)
from typing_extensions import Self

from components.example_gen import window
from components.example_validator.allowance import anomaly_kinds, parse_allowance
from pipeline.config.base import DottedPath, Section, SplitName, Text

REQUIRED_SPLITS = ("train", "eval")
_ALL = "all"


def _check_window(value: object) -> object:
    if value == _ALL or (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
        return value
    raise ValueError("must be an integer of at least 1, or all")


Window = Annotated[window.Window, PlainValidator(_check_window)]


def _one_feature_as_text(entry: Any) -> Any:
    """Turns `{fare: KIND}` and `{fare: [KIND, KIND]}`, as YAML reads them, into text."""
    if not isinstance(entry, dict) or len(entry) != 1:
        return entry
    ((feature, kinds),) = entry.items()
    if kinds is None:
        return feature
    listed = kinds if isinstance(kinds, list) else [kinds]
    return f"{feature}: {', '.join(map(str, listed))}"


def _check_allowance(entry: str) -> str:
    return str(parse_allowance(entry, anomaly_kinds()))


AllowEntry = Annotated[
    Text, BeforeValidator(_one_feature_as_text), AfterValidator(_check_allowance)
]


class DataConfig(Section):
    """The examples to train on and how they are split."""

    path: Text = Field(
        description="Folder, file or glob, relative to the use case's folder; "
        "`package:NAME/...` is a path inside an installed Python package; "
        "a `gs://` URI is a folder, file or glob of a bucket. With `{SPAN}`, or `{YYYY}`, `{MM}` "
        "and `{DD}`, in a path the data comes in spans; with `{VERSION}`, a version replaces the "
        "lower ones of its span."
    )
    format: Literal["csv", "parquet", "tfrecord"] = Field(
        default="csv", description="Format of the files; `tfrecord` holds tf.Example records."
    )
    splits: dict[SplitName, Annotated[int, Field(ge=1)]] = Field(
        default={"train": 2, "eval": 1},
        description="Hash buckets of each split: `{train: 2, eval: 1}` gives one third to eval. "
        "Both `train` and `eval` are needed; more may be added.",
    )
    label: Text | None = Field(
        default=None,
        description="Raw feature that is present in training and absent in serving; "
        "null when serving requests hold every feature.",
    )
    allow: Annotated[tuple[AllowEntry, ...], Strict(strict=False)] = Field(
        default=(),
        description="Anomalies that only warn: a kind in all features (`SCHEMA_NEW_COLUMN`), all "
        "kinds in a feature (`tolls`), or `fare: FLOAT_TYPE_BIG_FLOAT`. The data gate's table "
        "shows the kinds. A missing label is never allowed.",
    )
    types: dict[Text, Literal["int", "float", "text"]] = Field(
        default={},
        description="Types of CSV columns: `int`, `float` or `text`. A column that is not named "
        "here has the type that the curated schema gives it, else the one that fits all its cells.",
    )

    window: Window = Field(
        default=1,
        description="How many of the last spans a model is trained on, or `all` of them; the "
        "newest one's eval split judges it.",
    )
    complete_marker: Text | None = Field(
        default=None,
        description="Name of a file that is put into a span's folder (its version's, if it has "
        "versions) when the span is complete; a span without it is passed over.",
    )
    complete_after_seconds: float | None = Field(
        default=None,
        gt=0,
        description="How old the last change of a span's files must be for the span to be "
        "complete; a younger one is passed over.",
    )

    @field_validator("complete_marker")
    @classmethod
    def _need_a_file_name(cls, marker: str | None) -> str | None:
        if marker is not None and "/" in marker:
            raise ValueError("must be the name of a file, without folders, such as _SUCCESS")
        return marker

    @field_validator("splits")
    @classmethod
    def _need_train_and_eval(cls, splits: dict[str, int]) -> dict[str, int]:
        missing = [name for name in REQUIRED_SPLITS if name not in splits]
        if missing:
            example = {**splits, **dict.fromkeys(missing, 1)}
            text = ", ".join(f"{name}: {buckets}" for name, buckets in example.items())
            raise ValueError(f"lacks the split {' and '.join(missing)}; write {{{text}}}")
        return splits

    @model_validator(mode="after")
    def _only_csv_has_types(self) -> Self:
        if self.types and self.format != "csv":
            raise ValueError(
                f"types is for CSV, and {self.format} files have types of their own; "
                "remove data.types"
            )
        return self


class SchemaConfig(Section):
    """The schema that data is held against."""

    file: Text | None = Field(
        default=None,
        description="Curated schema (TFMD text format, `.pbtxt`), relative to the use case's "
        "folder; null infers one from every split of every span that a run uses.",
    )
    infer_shapes: bool = Field(
        default=True,
        description="Whether inference fixes the shape of features that every example has.",
    )


class TransformConfig(Section):
    """Preprocessing, the same graph in training, evaluation and serving."""

    preprocessing_fn: DottedPath = Field(
        default="preprocessing.preprocessing_fn",
        description="Dotted path of the function, relative to the use case.",
    )
    label: Text = Field(description="Name of the label among the transformed features.")
    statistics: bool = Field(
        default=False,
        description="Whether Transform also writes statistics from before and after it.",
    )
