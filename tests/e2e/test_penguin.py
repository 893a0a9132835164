"""The penguin example: TFRecord in, three classes out, asked over plain HTTP."""

import json
import urllib.request
from pathlib import Path

import pytest

from serving.server.process import ServerProcess

PENGUIN = Path(__file__).resolve().parents[2] / "examples" / "penguin"
NODES = [
    "ExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "ExampleValidator",
    "Transform",
    "Trainer",
    "LatestPushedModel",
    "Evaluator",
    "InfraValidator",
    "Pusher",
]
MEASUREMENTS = ("body_mass_g", "culmen_depth_mm", "culmen_length_mm", "flipper_length_mm")


@pytest.fixture(scope="module")
def server(penguin, tmp_path_factory):
    store = penguin.tidemill.home / "models" / "penguin"
    with ServerProcess("penguin", store, tmp_path_factory.mktemp("log") / "server.log") as process:
        yield process


def test_every_node_is_executed_and_one_version_is_pushed(penguin):
    nodes = penguin.record["nodes"]
    version = penguin.record["pushed_version"]

    assert sorted(nodes) == sorted(NODES)
    assert {its["state"] for its in nodes.values()} == {"done"}
    assert penguin.tidemill.models("penguin") == [version, f"{version}.json"]
    assert nodes["ExampleGen"]["rows"] == 334


def _birds():
    """Returns the measurements and the species' number of every bird in the data."""
    import tensorflow as tf
    import tfx

    folder = Path(tfx.__file__).parent / "components/testdata/penguin/data"
    files = [str(path) for path in folder.glob("*/*.gz")]
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    features = [tf.train.Example.FromString(record).features.feature for record in records]
    rows = [{name: its[name].float_list.value[0] for name in MEASUREMENTS} for its in features]
    return rows, [its["species"].int64_list.value[0] for its in features]


def test_the_pushed_model_tells_the_species_of_most_birds(server):
    rows, species = _birds()
    body = json.dumps({"signature_name": "serving_rows", "instances": rows}).encode()
    address = f"http://{server.rest_address}/v1/models/penguin:predict"
    with urllib.request.urlopen(urllib.request.Request(address, body)) as answer:
        predictions = json.load(answer)["predictions"]

    likeliest = [max(range(3), key=row.__getitem__) for row in predictions]
    right = sum(a == b for a, b in zip(likeliest, species, strict=True))
    assert right > 0.9 * len(rows)
    assert [sum(row) for row in predictions] == pytest.approx([1] * len(rows), abs=1e-5)
