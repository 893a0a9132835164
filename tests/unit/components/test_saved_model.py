"""Signatures in the file of a SavedModel."""

from __future__ import annotations

SNIPPET = """
from pathlib import Path
from components.saved_model import read_signatures
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

root = Path(sys.argv[1])

def write(name, *tags):
    model = saved_model_pb2.SavedModel()
    for tag in tags:
        graph = model.meta_graphs.add()
        graph.meta_info_def.tags.append(tag)
        signature = graph.signature_def[f"of_{tag}"]
        fare = signature.inputs["fare"]
        fare.dtype = types_pb2.DT_FLOAT
        for size in (-1, 3):
            fare.tensor_shape.dim.add(size=size)
        score = signature.outputs["score"]
        score.dtype = types_pb2.DT_INT64
        score.tensor_shape.unknown_rank = True
    (root / name).mkdir()
    (root / name / "saved_model.pb").write_bytes(model.SerializeToString())

write("good", "train", "serve")
write("of training", "train")
write("damaged")
(root / "damaged" / "saved_model.pb").write_bytes(b"no message")
answer({
    **{name: read_signatures(str(root / name)) for name in ("good", "of training", "damaged", "x")},
    "heavy": [module for module in sys.modules if module.startswith("tensorflow.python")],
})
"""


def test_what_it_takes_and_gives_is_read_without_tensorflow(leanly, tmp_path):
    assert leanly(SNIPPET, str(tmp_path)) == {
        "good": {"of_serve": [{"fare": ["float", [-1, 3]]}, {"score": ["int64", None]}]},
        "of training": {},
        "damaged": {},
        "x": {},
        "heavy": [],
    }
