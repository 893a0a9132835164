"""The configuration reference, generated from the models.

`python -m pipeline.config.reference` writes `docs/configuration.md`.
"""

from __future__ import annotations

from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le

from pipeline.config.environment import RESERVED, variable
from pipeline.config.known_keys import as_section, field_keys, list_items, mapping_values
from pipeline.config.models import PipelineConfig
from pipeline.config.value_text import show_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic.fields import FieldInfo

    from pipeline.config.base import Section

REFERENCE_FILE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
_NAMES = {str: "text", int: "integer", float: "number", bool: "true or false", NoneType: "null"}
_OR_NULL = " or null"
_SECTION = "mapping of the keys below"
_LIMITS = {Ge: ("ge", "at least"), Gt: ("gt", "more than"), Le: ("le", "at most")}
_TABLE_HEAD = "| Key | Type | Default | Meaning |\n| --- | --- | --- | --- |\n"
_INTRODUCTION = """\
# Configuration

<!-- Written by `python -m pipeline.config.reference` from the models in pipeline/config. -->

A use case's folder holds `pipeline.yaml`. It is YAML 1.2: `1e-3` is a number, `no` is a text.
Beyond it, `1_000` is a number, too. Every key that is left out has its default; an unknown key is
an error. Relative paths start at the use case's folder. The smallest file:

```yaml
{smallest}```

## Where a value comes from

The first of these that gives a value wins:

1. `--set KEY=VALUE` on the command line, such as `--set trainer.epochs=3`; the last one wins.
2. An environment variable: `TIDEMILL_`, then the key in upper case with two underscores for
   each dot, such as `{variable}=3`.
3. The file.
4. The default.

A value of the first two is a plain text, number, `true`, `false` or `null` (or nothing, which is
null), or YAML in brackets, braces or quotes: `--set 'evaluator.slices=[[company]]'`,
`--set 'data.label="5"'`. A list or a mapping replaces the whole list or mapping; to change one
entry, name its key: `--set evaluator.metrics.AUC.min=0.8`, `--set trainer.parameters.units=64`.

In a variable's name, upper and lower case are one for every key below and for keys that the file
has. A new key of `trainer.parameters` is read in lower case; a new metric's name must be written
in its own case: `TIDEMILL_EVALUATOR__METRICS__BinaryAccuracy__MIN=0.8`.

Variables that begin with `TIDEMILL_` and are no key are errors, with these exceptions:

{reserved}
- `TIDEMILL_TEST_IMAGE`, `TIDEMILL_LOAD_IMAGE` and `TIDEMILL_BENCH_...`: Tidemill's own tests in a
  cluster, and its benchmarks
- what Kubernetes sets for a Service whose name begins with `tidemill-`, such as
  `TIDEMILL_SERVER_SERVICE_HOST`

`tidemill run --dry-run` prints the resolved configuration with the origin of each value.
"""
SMALLEST_FILE = """\
data:
  path: data/*.csv
transform:
  label: is_late
evaluator:
  metrics:
    AUC: {min: 0.7}
"""


def reference() -> str:
    """Returns the text of the reference."""
    reserved = "\n".join(f"- `{name}`: {meaning}" for name, meaning in RESERVED.items())
    introduction = _INTRODUCTION.format(
        smallest=SMALLEST_FILE, variable=variable("trainer.epochs"), reserved=reserved
    )
    return "\n".join([introduction, *_chapters()])


def _chapters() -> Iterator[str]:
    top = PipelineConfig.model_fields["name"]
    yield f"## `name`\n\n{_TABLE_HEAD}{_row('name', top, 'name of the folder')}"
    for key, annotation in field_keys(PipelineConfig).items():
        section = as_section(annotation)
        if section:
            yield f"## `{key}`\n\n{section.__doc__}\n\n{_TABLE_HEAD}{''.join(_rows(section, key))}"


def _rows(section: type[Section], path: str) -> Iterable[str]:
    """Yields the rows of a section, sections inside it included."""
    for name, field in section.model_fields.items():
        key = f"{path}.{field.alias or name}"
        inner = as_section(field.annotation)
        entries = as_section(mapping_values(field.annotation))
        yield _row(key, field, _default(field))
        if inner is not None:
            yield from _rows(inner, key)
        if entries is not None:
            yield from _rows(entries, f"{key}.NAME")
        if (items := as_section(list_items(field.annotation))) is not None:
            yield from _rows(items, f"{key}[]")


def _row(key: str, field: FieldInfo, default: str) -> str:
    name = _type_name(field.annotation)
    null = _OR_NULL if name.endswith(_OR_NULL) else ""
    kind = ", ".join([name.removesuffix(null), *_limits(field.metadata)]) + null
    return f"| `{key}` | {kind} | {default} | {field.description} |\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    is_section = as_section(field.annotation) is not None
    return f"`{show_value({} if is_section else field.default)}`"


def _limits(metadata: Iterable[Any]) -> Iterator[str]:
    for limit in metadata:
        if type(limit) in _LIMITS:
            attribute, words = _LIMITS[type(limit)]
            yield f"{words} {getattr(limit, attribute)}"


def _type_name(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return ", ".join([_type_name(arguments[0]), *_limits(_expand(arguments[1:]))])
    if origin in (Union, UnionType):
        return " or ".join(map(_type_name, arguments))
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in arguments)
    if origin is tuple:
        return f"list of {_plural(_type_name(arguments[0]))}"
    if origin is dict:
        return _mapping_name(arguments[1])
    return _SECTION if as_section(annotation) else _NAMES[annotation]


def _expand(metadata: Iterable[Any]) -> Iterator[Any]:
    """Yields limits themselves; pydantic's `Field` carries them inside."""
    for item in metadata:
        yield from getattr(item, "metadata", [item])


def _mapping_name(values: Any) -> str:
    if values is Any:
        return "free mapping"
    if as_section(values) is not None:
        return "mapping of names to the keys below"
    return f"mapping of names to {_type_name(values)}"


def _plural(name: str) -> str:
    head, _, rest = name.partition(" ")
    return f"{head}s {rest}".strip()


if __name__ == "__main__":
    REFERENCE_FILE.parent.mkdir(exist_ok=True)
    REFERENCE_FILE.write_text(reference(), encoding="utf-8")
