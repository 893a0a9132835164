from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.trainer.export import export_model
from components.trainer.signatures import raw_of_rows
from components.transform.optional_features import without_missing_values

RAW_SPEC = {
    "fare": tf.io.FixedLenFeature([1], tf.float32),
    "company": tf.io.VarLenFeature(tf.string),
    "miles": tf.io.VarLenFeature(tf.float32),
    "area": tf.io.VarLenFeature(tf.int64),
    "tips": tf.io.FixedLenFeature([1], tf.float32),
}
SCHEMA = """
    default_environment: "TRAINING"
    default_environment: "SERVING"
    feature { name: "fare" type: FLOAT shape { dim { size: 1 } } }
    feature { name: "company" type: BYTES value_count { min: 0 max: 1 } }
    feature { name: "miles" type: FLOAT value_count { min: 0 max: 1 } }
    feature { name: "area" type: INT value_count { min: 0 max: 1 } }
    feature { name: "tips" type: FLOAT shape { dim { size: 1 } } not_in_environment: "SERVING" }
"""
ROWS = {
    "fare": [1.0, 2.0, 3.0],
    "company": ["x", "", "yy"],
    "miles": [float("nan"), 5.0, 6.0],
    "area": [7, 8, -(2**63)],
}


class Transform(tf.Module):
    """Stands for the transform graph: counts and sums whatever values there are."""

    def __call__(self, raw):
        return without_missing_values(self._features)(raw)

    def _features(self, raw):
        outputs = {
            "fare": raw["fare"],
            "company": self._sum(tf.strings.length(raw["company"].values), raw["company"]),
            "miles": self._sum(raw["miles"].values, raw["miles"]),
            "area": self._sum(raw["area"].values, raw["area"]),
        }
        if "tips" in raw:
            outputs["big_tip"] = tf.cast(raw["tips"] > raw["fare"], tf.int64)
        return outputs

    @staticmethod
    def _sum(values, sparse):
        rows = tf.cast(sparse.dense_shape[0], tf.int32)
        sums = tf.math.unsorted_segment_sum(values, tf.cast(sparse.indices[:, 0], tf.int32), rows)
        return tf.cast(sums, tf.float32)[:, None]


@pytest.fixture(scope="module", autouse=True)
def transform_graph():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("components.trainer.export.TransformGraph", lambda _: Transform())
        yield


def transformed(schema=SCHEMA):
    return SimpleNamespace(
        raw_feature_spec=lambda: dict(RAW_SPEC),
        transform_savedmodel_dir="",
        raw_metadata=SimpleNamespace(schema=text_format.Parse(schema, schema_pb2.Schema())),
    )


def model(outputs, activation):
    keras.utils.set_random_seed(1)
    inputs = {n: keras.Input((1,), name=n) for n in ("fare", "company", "miles", "area")}
    hidden = keras.layers.Concatenate()(list(inputs.values()))
    return keras.Model(inputs, keras.layers.Dense(outputs, activation)(hidden))


def example(row, tips=None):
    features = {"fare": tf.train.Feature(float_list=tf.train.FloatList(value=[ROWS["fare"][row]]))}
    if ROWS["company"][row]:
        value = [ROWS["company"][row].encode()]
        features["company"] = tf.train.Feature(bytes_list=tf.train.BytesList(value=value))
    if not np.isnan(ROWS["miles"][row]):
        value = [ROWS["miles"][row]]
        features["miles"] = tf.train.Feature(float_list=tf.train.FloatList(value=value))
    if ROWS["area"][row] != -(2**63):
        value = [ROWS["area"][row]]
        features["area"] = tf.train.Feature(int64_list=tf.train.Int64List(value=value))
    if tips is not None:
        features["tips"] = tf.train.Feature(float_list=tf.train.FloatList(value=[tips]))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


EXAMPLES = tf.constant([example(0), example(1), example(2)])


def export(folder, trained, task, **more):
    names = {"label": "big_tip", "raw_label": "tips", "task": task, **more}
    export_model(trained, transformed(), str(folder), **names)
    return tf.saved_model.load(str(folder)).signatures


def as_server(folder, key, sent):
    """Asks as TensorFlow Serving does: it knows no objects, only the graph and its signatures."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta_graph = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
        signature = meta_graph.signature_def[key]
        assert set(signature.inputs) == set(sent)
        outputs = {name: tensor.name for name, tensor in signature.outputs.items()}
        return session.run(
            outputs, {signature.inputs[name].name: values for name, values in sent.items()}
        )


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    trained = model(1, "sigmoid")
    names = ["small", "big"]
    folder = tmp_path_factory.mktemp("binary")
    return export(folder, trained, "binary_classification", class_names=names), trained


def test_examples_and_rows_get_the_answer_of_the_trained_model(binary):
    signatures, trained = binary
    parsed = tf.io.parse_example(EXAMPLES, {k: v for k, v in RAW_SPEC.items() if k != "tips"})
    expected = trained(Transform()(parsed))
    by_example = signatures["serving_default"](examples=EXAMPLES)
    by_row = signatures["serving_rows"](**{name: tf.constant(ROWS[name]) for name in ROWS})
    assert list(by_example) == list(by_row) == ["probabilities"]
    np.testing.assert_allclose(by_example["probabilities"], expected, rtol=1e-6)
    np.testing.assert_allclose(by_row["probabilities"], expected, rtol=1e-6)


def test_rows_are_bare_values_without_the_label(binary):
    arguments = binary[0]["serving_rows"].structured_input_signature[1]
    assert {name: spec.shape.as_list() for name, spec in arguments.items()} == {
        name: [None] for name in ("fare", "company", "miles", "area")
    }


def test_transform_features_gives_the_label_too(binary):
    examples = tf.constant([example(0, tips=9.0), example(1, tips=0.0)])
    features = binary[0]["transform_features"](examples=examples)
    assert set(features) == {"fare", "company", "miles", "area", "big_tip"}
    assert features["big_tip"].numpy().tolist() == [[1], [0]]


def test_classify_of_two_classes_has_a_score_for_each(binary):
    answer = binary[0]["classify"](inputs=EXAMPLES)
    positive = binary[0]["serving_default"](examples=EXAMPLES)["probabilities"]
    assert answer["classes"].numpy().tolist() == [[b"small", b"big"]] * 3
    np.testing.assert_allclose(answer["scores"][:, 1:], positive, rtol=1e-6)
    np.testing.assert_allclose(tf.reduce_sum(answer["scores"], axis=1), [1.0] * 3, rtol=1e-6)


def test_classify_of_many_classes_numbers_them_by_default(tmp_path):
    signatures = export(tmp_path, model(3, "softmax"), "multiclass_classification")
    answer = signatures["classify"](inputs=EXAMPLES)
    assert answer["classes"].numpy().tolist() == [[b"0", b"1", b"2"]] * 3
    assert answer["scores"].shape == (3, 3)


def test_regression_has_regress_and_no_classify(tmp_path):
    signatures = export(tmp_path, model(1, None), "regression")
    assert "classify" not in signatures
    value = signatures["serving_default"](examples=EXAMPLES)["predictions"]
    np.testing.assert_array_equal(signatures["regress"](inputs=EXAMPLES)["outputs"], value)


def test_a_feature_may_have_any_name(tmp_path, monkeypatch):
    new_names = {
        "fare": "class",
        "company": "cab company (Größe)/x",
        "miles": "1st",
        "area": "AREA",
    }
    new_names |= {"tips": "tips in $"}
    schema = SCHEMA
    for old, new in new_names.items():
        schema = schema.replace(f'"{old}"', f'"{new}"')
    transform = Transform()
    monkeypatch.setattr(
        "components.trainer.export.TransformGraph",
        lambda _: (
            lambda raw: transform({old: raw[new] for old, new in new_names.items() if new in raw})
        ),
    )
    its = transformed(schema)
    its.raw_feature_spec = lambda: {new: RAW_SPEC[old] for old, new in new_names.items()}
    trained = model(1, None)
    names = {"label": "big_tip", "raw_label": "tips in $", "task": "regression"}
    export_model(trained, its, str(tmp_path), **names)

    answer = as_server(tmp_path, "serving_rows", {new_names[old]: ROWS[old] for old in ROWS})
    parsed = tf.io.parse_example(EXAMPLES, {k: v for k, v in RAW_SPEC.items() if k != "tips"})
    np.testing.assert_allclose(answer["predictions"], trained(transform(parsed)), rtol=1e-6)


@pytest.mark.parametrize(
    ("outputs", "task", "names", "message"),
    [
        (2, "binary_classification", None, "has 1 output, not 2"),
        (2, "regression", None, "has 1 output, not 2"),
        (3, "multiclass_classification", ["a", "b"], "3 classes need as many class_names"),
        (1, "clustering", None, "not a valid Task"),
    ],
)
def test_a_model_that_does_not_fit_its_task_is_refused(tmp_path, outputs, task, names, message):
    with pytest.raises(ValueError, match=message):
        export(tmp_path, model(outputs, None), task, class_names=names)


def test_a_model_may_hold_tables_of_its_own(tmp_path):
    inputs = {n: keras.Input((1,), name=n) for n in ("fare", "company", "miles", "area")}
    words = keras.layers.StringLookup(vocabulary=["1.0", "2.0"], output_mode="one_hot")
    text = keras.layers.Lambda(tf.strings.as_string, output_shape=(1,))(inputs["fare"])
    outputs = keras.layers.Dense(1, "sigmoid")(words(text))
    signatures = export(tmp_path, keras.Model(inputs, outputs), "binary_classification")
    assert signatures["serving_default"](examples=EXAMPLES)["probabilities"].shape == (3, 1)


def test_a_server_finds_the_weights_by_the_graph_alone(tmp_path):
    inputs = {n: keras.Input((1,), name=n) for n in ("fare", "company", "miles", "area")}
    words = keras.layers.StringLookup(vocabulary=["1.0", "2.0"], output_mode="one_hot")
    text = keras.layers.Lambda(tf.strings.as_string, output_shape=(1,))(inputs["fare"])
    hidden = keras.layers.Dropout(0.5)(keras.layers.Dense(4)(words(text)))
    trained = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(hidden))
    trained.compile("adam", "binary_crossentropy")
    trained.fit({name: np.ones((2, 1)) for name in inputs}, np.ones((2, 1)), verbose=0)
    signatures = export(tmp_path, trained, "binary_classification")

    answer = as_server(tmp_path, "serving_default", {"examples": EXAMPLES.numpy()})
    expected = signatures["serving_default"](examples=EXAMPLES)["probabilities"]
    np.testing.assert_allclose(answer["probabilities"], expected, rtol=1e-6)
    saved = {name for name, _ in tf.train.list_variables(str(tmp_path / "variables/variables"))}
    assert not [name for name in saved if "optimizer" in name]


@pytest.mark.filterwarnings("error:The structure of `inputs`")
def test_a_label_made_of_what_is_served_is_no_input_of_the_model(tmp_path):
    schema = SCHEMA.replace('not_in_environment: "SERVING"', "")
    task = {"label": "big_tip", "raw_label": None, "task": "binary_classification"}
    export_model(model(1, "sigmoid"), transformed(schema), str(tmp_path), **task)
    signatures = tf.saved_model.load(str(tmp_path)).signatures
    assert "tips" in signatures["serving_rows"].structured_input_signature[1]
    answer = signatures["serving_default"](examples=tf.constant([example(0, tips=9.0)]))
    assert answer["probabilities"].shape == (1, 1)


def test_lists_are_sent_with_what_fills_them_up():
    spec = {"areas": tf.io.VarLenFeature(tf.int64)}
    rows = {"areas": tf.constant([[0, -(2**63)], [2, 3]], tf.int64)}
    sparse = raw_of_rows(rows, spec)["areas"]
    assert tf.sparse.to_dense(sparse, 9).numpy().tolist() == [[0, -(2**63)], [2, 3]]


def test_a_feature_that_a_row_cannot_hold_is_refused():
    spec = {"a": tf.io.RaggedFeature(tf.int64)}
    with pytest.raises(TypeError, match=r"'a' has the spec RaggedFeature.*not_in_environment"):
        raw_of_rows({"a": tf.constant([1], tf.int64)}, spec)
