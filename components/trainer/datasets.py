"""Transformed examples as batches: one pass over the files is one epoch.

TFX's own `data_accessor.tf_dataset_factory` goes through Arrow batches; reading the records and
parsing them a batch at a time is four to six times as fast, and gives true epochs.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from components.trainer.options import TrainingOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tensorflow_transform import TFTransformOutput
    from tfx.components.trainer.fn_args_utils import FnArgs

SHUFFLED_EXAMPLES = 10_000
FILES_AT_ONCE = 8


def make_dataset(
    files: Sequence[str],
    feature_spec: Mapping[str, Any],
    label: str,
    batch_size: int,
    *,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Reads transformed examples.

    The order is the same in every process that passes the same seed, and differs from epoch to
    epoch. Without a seed it is the order of the files.

    Args:
        files: Patterns of TFRecord files of tf.Example, gzip or plain, local or remote.
        feature_spec: Features in a record, as `TFTransformOutput.transformed_feature_spec()`.
        label: The feature to split off.
        batch_size: Examples in a batch; the last batch of an epoch may be smaller.
        shuffle_seed: Shuffle with this seed.

    Returns:
        Batches of (features by name, label), as long as one pass over the files.

    Raises:
        ValueError: No file matches, or the label is no feature of the records.
    """
    if label not in feature_spec:
        raise ValueError(
            f"the label {label!r} is not among the transformed features {sorted(feature_spec)}; "
            "let preprocessing_fn return it, or correct transform.label"
        )
    records = _records(_matching(files))
    if shuffle_seed is not None:
        records = records.shuffle(SHUFFLED_EXAMPLES, seed=shuffle_seed)

    def parse(serialized: tf.Tensor) -> tuple[dict[str, Any], Any]:
        features = tf.io.parse_example(serialized, feature_spec)
        return features, features.pop(label)

    return (
        records.batch(batch_size)
        .map(parse, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )


def train_and_eval(
    fn_args: FnArgs, transformed: TFTransformOutput
) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Returns the shuffled train split and the eval split of a Trainer or a Tuner."""
    # Keras learns how long an epoch is by running out of data once, and warns as if that was wrong.
    warnings.filterwarnings("ignore", message="Your input ran out of data")
    options = TrainingOptions.from_custom_config(fn_args.custom_config)
    spec = transformed.transformed_feature_spec()
    shape = (spec, options.label, options.batch_size)
    return (
        make_dataset(fn_args.train_files, *shape, shuffle_seed=options.seed),
        make_dataset(fn_args.eval_files, *shape),
    )


def _matching(patterns: Sequence[str]) -> list[str]:
    files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
    if not files:
        raise ValueError(f"no file of examples matches {list(patterns)}; is the split empty?")
    return files


def _records(files: Sequence[str]) -> tf.data.Dataset:
    compressions = ["GZIP" if file.endswith(".gz") else "" for file in files]
    return tf.data.Dataset.from_tensor_slices((list(files), compressions)).interleave(
        lambda file, compression: tf.data.TFRecordDataset(file, compression_type=compression),
        cycle_length=FILES_AT_ONCE,
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
