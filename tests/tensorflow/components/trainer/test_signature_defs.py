import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from components.trainer.signature_defs import MethodName, edited_signatures


@pytest.fixture
def saved_model(tmp_path):
    module = tf.Module()
    module.double = tf.function(
        lambda inputs: {"outputs": 2.0 * inputs},
        input_signature=[tf.TensorSpec([None], tf.float32, name="inputs")],
    )
    signatures = {"serving_default": module.double, "regress": module.double}
    tf.saved_model.save(module, str(tmp_path), signatures)
    return tmp_path


def signature_defs(folder):
    proto = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    return proto.meta_graphs[0].signature_def


def methods(folder):
    signatures = signature_defs(folder)
    return {key: signatures[key].method_name for key in ("serving_default", "regress")}


def set_method_name(folder, key, method):
    with edited_signatures(str(folder)) as signatures:
        signatures.set_method_name(key, method)


def test_sets_the_named_signature_only_and_the_model_still_answers(saved_model):
    set_method_name(saved_model, "regress", MethodName.REGRESS)
    assert methods(saved_model) == {
        "serving_default": "tensorflow/serving/predict",
        "regress": "tensorflow/serving/regress",
    }
    regress = tf.saved_model.load(str(saved_model)).signatures["regress"]
    assert regress(inputs=tf.constant([3.0]))["outputs"].numpy().tolist() == [6.0]


def test_leaves_no_other_file_and_a_fingerprint_of_the_new_content(saved_model):
    before = tf.saved_model.experimental.read_fingerprint(str(saved_model))
    files = sorted(path.name for path in saved_model.iterdir())
    set_method_name(saved_model, "regress", MethodName.REGRESS)
    after = tf.saved_model.experimental.read_fingerprint(str(saved_model))
    assert sorted(path.name for path in saved_model.iterdir()) == files
    assert after.saved_model_checksum != before.saved_model_checksum
    assert after.checkpoint_hash == before.checkpoint_hash


def test_an_unknown_signature_is_named_and_nothing_is_written(saved_model):
    content = (saved_model / "saved_model.pb").read_bytes()
    with pytest.raises(ValueError, match=r"no signature 'classify'; it has .*'regress'"):
        set_method_name(saved_model, "classify", MethodName.CLASSIFY)
    assert (saved_model / "saved_model.pb").read_bytes() == content


def test_an_input_takes_the_name_that_callers_use(saved_model):
    before = signature_defs(saved_model)["regress"].inputs["inputs"]
    with edited_signatures(str(saved_model)) as signatures:
        signatures.rename_inputs("regress", {"trip month (UTC)/x": "inputs"})

    after = signature_defs(saved_model)
    assert dict(after["regress"].inputs) == {"trip month (UTC)/x": before}
    assert set(after["serving_default"].inputs) == {"inputs"}
