"""A schema in words: one line for each feature, and what changed between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tensorflow_metadata.proto.v0 import schema_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN_VALUES = 5
_DEPRECATED = "deprecated"
_EVERYWHERE = "all"


class FeatureLine(NamedTuple):
    """What a schema says of one feature.

    Attributes:
        feature: Its name.
        type: Type of its values.
        presence: In how many rows it must be.
        values: How many values a row has.
        domain: Which values there may be; empty for any.
        environments: Where it is expected, if not everywhere.
    """

    feature: str
    type: str
    presence: str
    values: str
    domain: str
    environments: str


def describe_schema(schema: schema_pb2.Schema) -> list[FeatureLine]:
    """Returns a line for each feature, in the order of the schema."""
    return [_describe(feature, schema) for feature in schema.feature]


def describe_change(name: str, old: schema_pb2.Schema, new: schema_pb2.Schema) -> str:
    """Says what another schema says otherwise of a feature: `domain: Cash → Cash, Card`.

    Returns:
        The differences; empty where there are none.
    """
    before, after = _line_of(name, old), _line_of(name, new)
    if after is None or before == after:
        return ""
    if before is None:
        environments = "" if after.environments == _EVERYWHERE else f"{after.environments} only"
        told = (after.type, after.presence, after.domain, environments)
        return "new: " + "; ".join(part for part in told if part)
    return "; ".join(_differences(name, before, after, old, new))


def _differences(
    name: str,
    before: FeatureLine,
    after: FeatureLine,
    old: schema_pb2.Schema,
    new: schema_pb2.Schema,
) -> Iterator[str]:
    if after.presence == _DEPRECATED:
        yield "deprecated: preprocessing_fn must do without it"
        return
    known, wanted = _words(name, old), _words(name, new)
    added = [word for word in wanted if word not in known]
    for key, was, will_be in zip(FeatureLine._fields, before, after, strict=True):
        if key == "domain" and added and set(known) <= set(wanted):
            yield f"values + {_some(added)}"
        elif was != will_be:
            sparse = key == "values" and _is_dense(name, old) and not _is_dense(name, new)
            effect = " (sparse in preprocessing_fn)" if sparse else ""
            yield f"{key}: {was or 'any'} → {will_be or 'any'}{effect}"


def _line_of(name: str, schema: schema_pb2.Schema) -> FeatureLine | None:
    feature = _feature(name, schema)
    return None if feature is None else _describe(feature, schema)


def _words(name: str, schema: schema_pb2.Schema) -> list[str]:
    feature = _feature(name, schema)
    return [] if feature is None else list(_string_domain(feature, schema).value)


def _is_dense(name: str, schema: schema_pb2.Schema) -> bool:
    feature = _feature(name, schema)
    return feature is not None and bool(feature.HasField("shape"))


def _feature(name: str, schema: schema_pb2.Schema) -> schema_pb2.Feature | None:
    return next((feature for feature in schema.feature if feature.name == name), None)


def _describe(feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> FeatureLine:
    return FeatureLine(
        feature.name,
        schema_pb2.FeatureType.Name(feature.type) if feature.type else "",
        _presence(feature),
        _value_count(feature),
        _domain(feature, schema),
        _environments(feature, schema),
    )


def _presence(feature: schema_pb2.Feature) -> str:
    stage = feature.lifecycle_stage
    if feature.deprecated or stage == schema_pb2.LifecycleStage.DEPRECATED:
        return _DEPRECATED
    if stage not in (
        schema_pb2.LifecycleStage.UNKNOWN_STAGE,
        schema_pb2.LifecycleStage.PRODUCTION,
    ):
        return str(schema_pb2.LifecycleStage.Name(stage)).lower()
    fraction = feature.presence.min_fraction
    if fraction >= 1:
        return "every row"
    if fraction > 0:
        return f"{fraction:.4%}".rstrip("%0").rstrip(".") + " % of rows"
    return "some rows" if feature.presence.min_count else "optional"


def _value_count(feature: schema_pb2.Feature) -> str:
    if feature.HasField("shape"):
        return " x ".join(str(dim.size) for dim in feature.shape.dim) or "1"
    if not feature.HasField("value_count"):
        return ""
    low, high = feature.value_count.min, feature.value_count.max
    if low == high:
        return str(low)
    return f"{low} or {high}" if high == low + 1 else f"{low} to {high or 'any'}"


def _domain(feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> str:
    kind = feature.WhichOneof("domain_info")
    if kind in ("int_domain", "float_domain"):
        return _range(getattr(feature, kind))
    if kind in ("domain", "string_domain"):
        return _some(list(_string_domain(feature, schema).value))
    return kind.removesuffix("_domain").replace("_", " ") if kind else ""


def _range(domain: schema_pb2.IntDomain | schema_pb2.FloatDomain) -> str:
    low = _number(domain.min) if domain.HasField("min") else ""
    high = _number(domain.max) if domain.HasField("max") else ""
    if low and high:
        parts = [f"{low} to {high}"]
    else:
        parts = [f"at least {low}"] * bool(low) + [f"at most {high}"] * bool(high)
    if getattr(domain, "disallow_nan", False):
        parts.append("no NaN")
    return ", ".join(parts)


def _number(bound: float) -> str:
    # Bounds of floats are stored with the 7 digits of a float32.
    return str(int(bound)) if bound == int(bound) else f"{bound:.7g}"


def _some(values: list[str]) -> str:
    shown = ", ".join(values[:_SHOWN_VALUES])
    more = len(values) - _SHOWN_VALUES
    return f"{shown} and {more} more" if more > 0 else shown


def _string_domain(
    feature: schema_pb2.Feature, schema: schema_pb2.Schema
) -> schema_pb2.StringDomain:
    shared = {domain.name: domain for domain in schema.string_domain}
    return shared.get(feature.domain, feature.string_domain)


def _environments(feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> str:
    expected = {*schema.default_environment, *feature.in_environment}
    expected -= set(feature.not_in_environment)
    if expected >= set(schema.default_environment):
        return _EVERYWHERE
    return ", ".join(sorted(expected)) or "none"
