"""What to do about each kind of anomaly, in a few words for a cell of a table."""

from __future__ import annotations

LABEL_ADVICE = "give every row its label, or drop the rows that have none"
_DEFAULT = "mend the data, or change the schema if the data is right"
_OUTLIERS = "mend the outliers, or `schema accept` widens the range"
_TYPE = "mend the column; of CSV, declare it in data.types; or `schema accept` changes its type"
_ADVICE = {
    "SCHEMA_NEW_COLUMN": "drop the column, or `schema accept` adds it",
    "SCHEMA_MISSING_COLUMN": "bring the column back, or `schema accept` marks it deprecated",
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": "mend the values, or `schema accept` adds them",
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": "fill the gaps, or `schema accept` allows them",
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": "add data, or `schema accept` takes less",
    "FEATURE_TYPE_NOT_PRESENT": "bring the values back, or `schema accept` does without",
    "FEATURE_TYPE_LOW_NUMBER_VALUES": "fill the gaps, or `schema accept` allows them",
    "FEATURE_TYPE_HIGH_NUMBER_VALUES": "drop the surplus, or `schema accept` allows it",
    "INVALID_FEATURE_SHAPE": "give each row as many values as the shape says, or "
    "`schema accept` drops the shape",
    "FLOAT_TYPE_BIG_FLOAT": _OUTLIERS,
    "FLOAT_TYPE_SMALL_FLOAT": _OUTLIERS,
    "FLOAT_TYPE_HAS_NAN": "replace the NaNs, or `schema accept` allows them",
    "FLOAT_TYPE_HAS_INF": "replace the infinities, or `schema accept` allows them",
    "INT_TYPE_BIG_INT": _OUTLIERS,
    "INT_TYPE_SMALL_INT": _OUTLIERS,
    "UNEXPECTED_DATA_TYPE": _TYPE,
    "FLOAT_TYPE_STRING_NOT_FLOAT": _TYPE,
    "INT_TYPE_NOT_INT_STRING": _TYPE,
    "DATASET_LOW_NUM_EXAMPLES": "add data, or lower dataset_constraints.min_examples_count",
    "NO_DATA_IN_SPAN": "add data",
}


def advice_for(kind: str) -> str:
    """Returns what to do about an anomaly of this kind."""
    return _ADVICE.get(kind, _DEFAULT)
