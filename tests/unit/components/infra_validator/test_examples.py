"""Examples for a validation: the first of the split, without the label, read without TensorFlow."""

from __future__ import annotations

SNIPPET = """
import gzip
from pathlib import Path
from tensorflow.core.example import example_pb2
from components.infra_validator.errors import InfraValidationError
from components.infra_validator.examples import read_examples
from serving.tfrecords import framed

def example(number):
    its = example_pb2.Example()
    its.features.feature["mass"].float_list.value.append(number)
    its.features.feature["eggs"].int64_list.value.extend([number, number])
    its.features.feature["species"].bytes_list.value.append(b"Adelie")
    its.features.feature["nothing"].SetInParent()
    return its.SerializeToString()

def write(name, numbers):
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(framed(map(example, numbers))))
    return path

def refusal(*folders):
    try:
        read_examples([str(folder) for folder in folders], 4, None)
    except InfraValidationError as error:
        return str(error)

root = Path(sys.argv[1])
write("day-1/shard-00001-of-00002.gz", [3])
write("day-1/shard-00000-of-00002.gz", [1, 2])
write("day-2/shard.gz", [4, 5])
folders = [str(root / "day-1"), str(root / "day-2")]
found = read_examples(folders, 4, "species")
sent = example_pb2.Example.FromString(found[0].serialized)
damaged = write("cut/shard.gz", range(9))
damaged.write_bytes(damaged.read_bytes()[:40])
write("empty/shard.gz", [])
answer({
    "features": [example.features for example in found],
    "sent": sorted(sent.features.feature),
    "with label": [str(e.features["species"]) for e in read_examples(folders, 9, None)],
    "cut": refusal(root / "cut"),
    "empty": refusal(root / "empty"),
    "heavy": [name for name in ("tensorflow.python", "numpy") if name in sys.modules],
})
"""


def test_examples_are_read_as_a_client_would_send_them(leanly, tmp_path):
    answers = leanly(SNIPPET, str(tmp_path))

    assert answers["features"] == [{"mass": [n], "eggs": [n, n]} for n in (1, 2, 3, 4)]
    assert answers["sent"] == ["eggs", "mass", "nothing"]
    assert answers["with label"] == ["[b'Adelie']"] * 5
    assert answers["cut"].startswith(f"the examples in {tmp_path}/cut/shard.gz are damaged (record")
    assert answers["cut"].endswith("remove the file and run again")
    assert answers["empty"].startswith(f"there are no examples in {tmp_path}/empty, so a model")
    assert answers["heavy"] == []
