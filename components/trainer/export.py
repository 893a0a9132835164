"""Writes a trained model where TFX and a model server look for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from components.trainer.signature_defs import MethodName, edited_signatures
from components.trainer.signatures import ROWS_SIGNATURE, Servable, Task
from components.trainer.transform_graph import TransformGraph
from components.trainer.warm_start import keras_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras
    from tensorflow_transform import TFTransformOutput


def export_model(
    model: keras.Model,
    transformed: TFTransformOutput,
    serving_model_dir: str,
    *,
    label: str,
    raw_label: str | None,
    task: Task | str,
    class_names: Sequence[str] | None = None,
) -> None:
    """Saves the model with its Transform graph and all serving signatures.

    Beside the folder it leaves the Keras model itself, `model.keras`, which a later training can
    start from; it is not served.

    - `serving_default`: `examples` (serialized tf.Example, [batch]) -> `probabilities` or, in
      regression, `predictions`, [batch, outputs].
    - `serving_rows`: one input for each raw feature of a request, by its name, [batch], see
      `row_inputs` -> as `serving_default`. Only where it is called as a Python function, after
      `tf.saved_model.load`, a name that cannot be an argument is replaced, see `argument_names`.
    - `transform_features`: `examples` with the label -> transformed features and label.
    - `classify`: `inputs` (serialized tf.Example, [batch]) -> `classes` and `scores`,
      [batch, classes]; or, in regression, `regress`: `inputs` -> `outputs`, [batch, 1].

    Args:
        model: Trained model: dictionary of transformed features -> one tensor, as `Task` says.
        transformed: Output of Transform.
        serving_model_dir: Folder to write; `fn_args.serving_model_dir`.
        label: Transformed label.
        raw_label: Raw feature that only training data has, or None.
        task: What the model's output means: a `Task` or its value.
        class_names: Names of the classes in the order of the output (binary: negative, positive);
            default "0", "1", ...

    Raises:
        ValueError: The task is unknown, or the model's output or the names do not fit it.
    """
    task = Task(task)
    transform = TransformGraph(transformed.transform_savedmodel_dir)
    servable = Servable(model, transform, transformed, label, raw_label, task, class_names)
    tf.saved_model.save(servable, serving_model_dir, signatures=servable.signatures())
    with edited_signatures(serving_model_dir) as signatures:
        if task is Task.REGRESSION:
            signatures.set_method_name("regress", MethodName.REGRESS)
        else:
            signatures.set_method_name("classify", MethodName.CLASSIFY)
        signatures.rename_inputs(ROWS_SIGNATURE, servable.row_arguments)
    model.save(keras_file(serving_model_dir))
