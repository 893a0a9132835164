"""Serving signatures of a trained model. All of them compute through one Transform graph."""

from __future__ import annotations

import functools
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

import tensorflow as tf

from components.trainer.argument_names import argument_names
from components.trainer.row_inputs import row_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import keras
    from tensorflow_transform import TFTransformOutput

Tensors: TypeAlias = dict[str, Any]

ROWS_SIGNATURE = "serving_rows"
PROBABILITIES = "probabilities"
PREDICTIONS = "predictions"
_EXAMPLES = "examples"
_TrackableResource = tf.saved_model.experimental.TrackableResource


class Task(str, Enum):
    """What the model's output means.

    Attributes:
        BINARY_CLASSIFICATION: Probability of the positive class, shape [batch, 1].
        MULTICLASS_CLASSIFICATION: Probability of each class, shape [batch, classes].
        REGRESSION: A value, shape [batch, 1].
    """

    BINARY_CLASSIFICATION = "binary_classification"
    MULTICLASS_CLASSIFICATION = "multiclass_classification"
    REGRESSION = "regression"


class Servable(tf.Module):
    """A trained model with its Transform graph, as the functions that a server calls.

    Args:
        model: Trained model: dictionary of transformed features -> one tensor, as `Task` says.
        transform: Raw features -> transformed features; a trackable object, so that it is saved.
        transformed: Output of Transform, for the specs of the raw features.
        label: Transformed label, which is not an input of the model.
        raw_label: Raw feature that only training data has, or None.
        task: What the output means.
        class_names: Names of the classes in the order of the output; default "0", "1", ...

    Attributes:
        row_arguments: Raw feature of a row -> argument of the function for rows.
    """

    def __init__(
        self,
        model: keras.Model,
        transform: Callable[[Tensors], Tensors],
        transformed: TFTransformOutput,
        label: str,
        raw_label: str | None,
        task: Task,
        class_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        # Attributes are what TensorFlow saves: the weights, the vocabularies and their tables. Not
        # the Keras model itself: its variables would be saved as copies, and a server, which
        # restores by the graph alone, would fill the copies and find no weights (keras#20095); and
        # the optimizer's would come with them. So the model is hidden in a partial function.
        self._call_model = functools.partial(model, training=False)
        self._weights = [variable.value for variable in model.variables]
        self._tables = _tables(model)
        self._transform = transform
        self._label = label
        self._task = task
        self._raw_spec = transformed.raw_feature_spec()
        left_out = [raw_label] if raw_label is not None else []
        self._rows = row_inputs(transformed.raw_metadata.schema, left_out)
        self.row_arguments = argument_names(row.name for row in self._rows)
        self._class_names = _class_names(task, model.output_shape[-1], class_names)
        # Here and below: autograph has nothing to rewrite, it would only take time.
        self._score = tf.function(self._score_raw, autograph=False)

    def signatures(self) -> dict[str, Any]:
        """Returns signature key -> concrete function."""
        on_examples: dict[str, Callable[[tf.Tensor], Tensors]] = {
            "serving_default": self._predict_examples,
            "transform_features": self._transform_examples,
        }
        signatures = {key: _traced(function, _EXAMPLES) for key, function in on_examples.items()}
        if self._task is Task.REGRESSION:
            signatures["regress"] = _traced(self._regress_examples, "inputs")
        else:
            signatures["classify"] = _traced(self._classify_examples, "inputs")
        signatures[ROWS_SIGNATURE] = tf.function(
            self._predict_rows, autograph=False
        ).get_concrete_function(self._row_specs())
        return signatures

    def _score_raw(self, raw: Tensors) -> tf.Tensor:
        features = dict(self._transform(raw))
        features.pop(self._label, None)
        return self._call_model(features)

    def _score_examples(self, examples: tf.Tensor) -> tf.Tensor:
        spec = {row.name: self._raw_spec[row.name] for row in self._rows}
        return self._score(tf.io.parse_example(examples, spec))

    def _named(self, output: tf.Tensor) -> Tensors:
        return {PREDICTIONS if self._task is Task.REGRESSION else PROBABILITIES: output}

    def _predict_examples(self, examples: tf.Tensor) -> Tensors:
        return self._named(self._score_examples(examples))

    def _predict_rows(self, arguments: Tensors) -> Tensors:
        rows = {name: arguments[argument] for name, argument in self.row_arguments.items()}
        return self._named(self._score(raw_of_rows(rows, self._raw_spec)))

    def _transform_examples(self, examples: tf.Tensor) -> Tensors:
        return dict(self._transform(tf.io.parse_example(examples, self._raw_spec)))

    def _regress_examples(self, examples: tf.Tensor) -> Tensors:
        return {"outputs": self._score_examples(examples)}

    def _classify_examples(self, examples: tf.Tensor) -> Tensors:
        scores = self._score_examples(examples)
        if self._task is Task.BINARY_CLASSIFICATION:
            scores = tf.concat([1.0 - scores, scores], axis=1)
        names = tf.constant([self._class_names])
        return {"classes": tf.tile(names, [tf.shape(scores)[0], 1]), "scores": scores}

    def _row_specs(self) -> dict[str, tf.TensorSpec]:
        named = ((row, self.row_arguments[row.name]) for row in self._rows)
        return {
            argument: tf.TensorSpec(row.sent_shape, self._raw_spec[row.name].dtype, argument)
            for row, argument in named
        }


def raw_of_rows(rows: Mapping[str, tf.Tensor], raw_spec: Mapping[str, Any]) -> Tensors:
    """Turns what a caller sends into what parsing the same values as tf.Example gives.

    Values that stand for missing ones are still there: the Transform graph drops them.

    Args:
        rows: Raw feature -> tensor of shape [batch] or [batch, values].
        raw_spec: Raw feature spec.

    Returns:
        Raw feature -> dense or sparse tensor, as the spec says.

    Raises:
        TypeError: A feature is neither dense nor of variable length.
    """
    return {name: _raw(name, rows[name], raw_spec[name]) for name in rows}


def _raw(name: str, sent: tf.Tensor, spec: Any) -> tf.Tensor | tf.SparseTensor:
    if isinstance(spec, tf.io.FixedLenFeature):
        return tf.reshape(sent, [-1, *spec.shape])
    if isinstance(spec, tf.io.VarLenFeature):
        return _sparse(sent)
    raise TypeError(
        f"raw feature {name!r} has the spec {type(spec).__name__}, which a row cannot hold; "
        "declare it not_in_environment SERVING in the schema"
    )


def _sparse(sent: tf.Tensor) -> tf.SparseTensor:
    """Returns [batch] or [batch, values] with every value; `tf.sparse.from_dense` drops zeros."""
    if sent.shape.rank == 1:
        shape = tf.shape(tf.expand_dims(sent, 1), tf.int64)
        values = sent
    else:
        shape = tf.shape(sent, tf.int64)
        values = tf.reshape(sent, [-1])
    return tf.SparseTensor(tf.where(tf.fill(shape, value=True)), values, shape)


def _traced(function: Callable[[tf.Tensor], Tensors], argument: str) -> Any:
    spec = tf.TensorSpec([None], tf.string, name=argument)
    return tf.function(function, autograph=False).get_concrete_function(spec)


def _tables(model: keras.Model) -> list[Any]:
    """Returns what a model's layers hold besides variables, such as vocabularies."""
    parts = tf.train.TrackableView(model).descendants()
    return [part for part in parts if isinstance(part, _TrackableResource)]


def _class_names(task: Task, outputs: int, given: Sequence[str] | None) -> list[str]:
    """Returns one name for each class.

    Raises:
        ValueError: The model's output or the names do not fit the task.
    """
    if task is not Task.MULTICLASS_CLASSIFICATION and outputs != 1:
        raise ValueError(f"a model for {task.value} has 1 output, not {outputs}")
    classes = 2 if task is Task.BINARY_CLASSIFICATION else outputs
    names = [str(number) for number in range(classes)] if given is None else list(given)
    if task is not Task.REGRESSION and len(names) != classes:
        raise ValueError(f"{classes} classes need as many class_names, not {names}")
    return names
