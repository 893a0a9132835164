"""The transform graph as a function of raw features that can be saved inside another model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf
from tensorflow_transform.saved.saved_transform_io_v2 import SavedModelLoader

if TYPE_CHECKING:
    from collections.abc import Mapping


class TransformGraph(tf.Module):
    """Applies what Transform computed: vocabularies, means, the whole `preprocessing_fn`.

    It does what TFT's `transform_features_layer` does, without being a Keras 2 layer: saving one
    rewrites all of Keras 2's call functions, which takes longer than the rest of the export.

    Args:
        saved_model_dir: `TFTransformOutput.transform_savedmodel_dir`.
    """

    def __init__(self, saved_model_dir: str) -> None:
        super().__init__()
        self._loader = SavedModelLoader(saved_model_dir)
        # The loader is no object that TensorFlow saves, but holds those that own the tables.
        trackable = tf.__internal__.tracking.Trackable
        self._saved = [part for part in vars(self._loader).values() if isinstance(part, trackable)]

    def __call__(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the transformed features that the given raw features suffice for.

        Args:
            raw: Raw feature -> dense or sparse tensor; the label's source may be missing.
        """
        return dict(self._loader.apply_transform_model(raw))
