"""Values from environment variables: `TIDEMILL_TRAINER__EPOCHS=3` sets `trainer.epochs`."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from pipeline.config.known_keys import (
    as_section,
    dotted_keys,
    field_keys,
    mapping_values,
    step,
)
from pipeline.config.models import PipelineConfig
from pipeline.config.origins import Origin, Setting, Source
from pipeline.config.problems import Problem
from pipeline.config.value_text import parse_value
from pipeline.metadata.database import PASSWORD_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "TIDEMILL_"
SEPARATOR = "__"
RESERVED = {
    "TIDEMILL_HOME": "the option `--home`",
    "TIDEMILL_DEBUG": "the option `--debug`",
    PASSWORD_VARIABLE: "the metadata service's password for MySQL",
}
# Of the tests in a cluster and of the benchmarks.
_DEVELOPERS = re.compile(r"TIDEMILL_(TEST_IMAGE|LOAD_IMAGE|BENCH_[A-Z]+)")
# Kubernetes gives every container these for a Service named `tidemill-...` in its namespace.
_SERVICE_LINK = re.compile(
    r"TIDEMILL_[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?"
    r"|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)


def variable(dotted_key: str) -> str:
    """Returns the name of the variable that sets a key."""
    return PREFIX + dotted_key.upper().replace(".", SEPARATOR)


def read_environment(
    environ: Mapping[str, str], values: dict[str, Any]
) -> tuple[list[Setting], list[Problem]]:
    """Reads every variable that begins with `TIDEMILL_`.

    Upper and lower case are one for the models' keys and for keys of free mappings that are
    present already. A new key of a free mapping is in lower case, save names of metrics, which
    are taken as they are written.

    Args:
        environ: The environment's variables.
        values: The values of the file, for the case of keys in free mappings.

    Returns:
        The settings, sections before keys in them, and what is wrong with the other variables.
    """
    names = [name for name in environ if name.startswith(PREFIX) and name not in RESERVED]
    names.sort(key=lambda name: (name.count(SEPARATOR), name))
    found = [_read(name, environ[name], values) for name in names]
    settings = [item for item in found if isinstance(item, Setting)]
    problems = [item for item in found if isinstance(item, Problem)]
    return settings, [*problems, *_rivals(settings)]


def _read(name: str, text: str, values: dict[str, Any]) -> Setting | Problem | None:
    """Reads one variable; None for one that is not meant for the configuration."""
    origin = Origin(Source.ENVIRONMENT, name)
    path = _match_case(name.removeprefix(PREFIX).split(SEPARATOR), values)
    if path[0] not in field_keys(PipelineConfig):
        is_others = _SERVICE_LINK.fullmatch(name) or _DEVELOPERS.fullmatch(name)
        return None if is_others else Problem(origin, (), _unknown(name))
    try:
        return Setting(path, parse_value(text), origin)
    except ValueError as error:
        return Problem(origin, path, str(error), text)


def _rivals(settings: list[Setting]) -> Iterator[Problem]:
    """Yields a problem for each variable that differs from an earlier one only in case."""
    first: dict[tuple[str, ...], str] = {}
    for setting in settings:
        rival = first.setdefault(setting.path, setting.origin.label)
        if rival != setting.origin.label:
            message = f"{rival} sets this key too; remove one"
            yield Problem(setting.origin, setting.path, message, setting.value)


def _match_case(parts: list[str], values: dict[str, Any]) -> tuple[str, ...]:
    annotation: Any = PipelineConfig
    present: Any = values
    path: list[str] = []
    for part in parts:
        key = _match_key(part, annotation, present if isinstance(present, dict) else {})
        annotation = step(annotation, key)
        present = present.get(key) if isinstance(present, dict) else None
        path.append(key)
    return tuple(path)


def _match_key(part: str, annotation: Any, present: dict[str, Any]) -> str:
    for key in present:
        if key.casefold() == part.casefold():
            return key
    # A mapping whose values are sections is keyed by names of classes.
    is_class_name = as_section(mapping_values(annotation)) is not None
    return part if is_class_name else part.lower()


def _unknown(name: str) -> str:
    # Without the value: what this one is for is not known, so it may be a secret.
    known = [*map(variable, dotted_keys()), *RESERVED]
    near = difflib.get_close_matches(name, known, n=1)
    advice = f"did you mean {near[0]}?" if near else "names are TIDEMILL_SECTION__KEY"
    return f"sets no key of the configuration; {advice}"
