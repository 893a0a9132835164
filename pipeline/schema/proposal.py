"""The schema that data asks for: the schema in force, changed only where the data contradicts it.

TensorFlow Data Validation's own `update_schema` is too eager to be taken as it is: it marks a
feature deprecated when its type changed, fixes no shape for a new one, puts it into requests, and
lets the label be missing. So of its answer only the features with an anomaly are taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorflow_metadata.proto.v0 import schema_pb2

from components.schema_artifact import SERVING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

NEW = "SCHEMA_NEW_COLUMN"
RETYPED = "UNEXPECTED_DATA_TYPE"
_ONE_OF = "domain_info"
_PROTECTED_IN_LABEL = ("presence", "shape", "value_count", "lifecycle_stage", "deprecated")


def learnable(
    kinds: Mapping[str, Collection[str]], inferred: schema_pb2.Schema
) -> dict[str, Collection[str]]:
    """Leaves out the features on whose type the splits disagree: no schema fits them all.

    Args:
        kinds: Kinds of anomalies by feature.
        inferred: The schema that the new data alone would have.
    """
    learned = _features(inferred)
    return {
        name: its
        for name, its in kinds.items()
        if not {NEW, RETYPED}.intersection(its)
        or (name in learned and learned[name].lifecycle_stage != schema_pb2.DEPRECATED)
    }


def prepare(
    schema: schema_pb2.Schema,
    inferred: schema_pb2.Schema,
    kinds: Mapping[str, Collection[str]],
) -> schema_pb2.Schema:
    """Returns the schema with what must be learned anew: new features and changed types.

    A new feature is expected in training and not in requests: those who send requests today do
    not know it.

    Args:
        schema: The schema in force.
        inferred: The schema that the new data alone would have.
        kinds: Kinds of anomalies by feature, `learnable` ones.
    """
    prepared = _copy(schema)
    known, learned = _features(prepared), _features(inferred)
    for name, its_kinds in kinds.items():
        if NEW in its_kinds and name not in known:
            feature = prepared.feature.add()
            feature.CopyFrom(learned[name])
            feature.not_in_environment.append(SERVING)
            _copy_domain(feature, inferred, prepared)
        elif RETYPED in its_kinds:
            _retype(known[name], learned[name])
            _copy_domain(known[name], inferred, prepared)
    return prepared


def merge(
    schema: schema_pb2.Schema,
    updated: schema_pb2.Schema,
    features: Collection[str],
    label: str | None = None,
) -> schema_pb2.Schema:
    """Returns the schema with some features as another schema has them.

    Args:
        schema: What the file says.
        updated: The schema that fits the new data.
        features: Names of the features to change.
        label: Raw feature that every row must have: how often it is there does not change.
    """
    merged = _copy(schema)
    known = _features(merged)
    for theirs in updated.feature:
        if theirs.name not in features:
            continue
        feature = known[theirs.name] if theirs.name in known else merged.feature.add()
        original = schema_pb2.Feature()
        original.CopyFrom(feature)
        feature.CopyFrom(theirs)
        if theirs.name == label:
            _restore(feature, original)
        _copy_domain(feature, updated, merged)
    _drop_unused_domains(merged, schema)
    return merged


def _retype(feature: schema_pb2.Feature, learned: schema_pb2.Feature) -> None:
    feature.type = learned.type
    feature.ClearField(_of(feature))
    domain = learned.WhichOneof(_ONE_OF)
    if domain == "domain":
        feature.domain = learned.domain
    elif domain is not None:
        getattr(feature, domain).CopyFrom(getattr(learned, domain))


def _of(feature: schema_pb2.Feature) -> str:
    """Returns the field of the oneof that is set; an unset one is as good as any to clear."""
    return feature.WhichOneof(_ONE_OF) or "domain"


def _restore(feature: schema_pb2.Feature, original: schema_pb2.Feature) -> None:
    for name in _PROTECTED_IN_LABEL:
        feature.ClearField(name)
        if not original.HasField(name):
            continue
        value = getattr(original, name)
        if name in ("lifecycle_stage", "deprecated"):
            setattr(feature, name, value)
        else:
            getattr(feature, name).CopyFrom(value)


def _copy_domain(
    feature: schema_pb2.Feature, source: schema_pb2.Schema, target: schema_pb2.Schema
) -> None:
    """Brings along the shared list of values that a feature refers to; nothing is taken from it."""
    theirs = next((d for d in source.string_domain if d.name == feature.domain), None)
    own = next((d for d in target.string_domain if d.name == feature.domain), None)
    if not feature.domain or theirs is None:
        return
    if own is None:
        target.string_domain.add().CopyFrom(theirs)
    else:
        own.value.extend([value for value in theirs.value if value not in own.value])


def _drop_unused_domains(merged: schema_pb2.Schema, schema: schema_pb2.Schema) -> None:
    """Removes the lists of values to which a feature referred and now none does."""
    before = {feature.domain for feature in schema.feature}
    after = {feature.domain for feature in merged.feature}
    kept = [d for d in merged.string_domain if d.name not in before - after]
    del merged.string_domain[:]
    merged.string_domain.extend(kept)


def _features(schema: schema_pb2.Schema) -> dict[str, schema_pb2.Feature]:
    return {feature.name: feature for feature in schema.feature}


def _copy(schema: schema_pb2.Schema) -> schema_pb2.Schema:
    copy = schema_pb2.Schema()
    copy.CopyFrom(schema)
    return copy
