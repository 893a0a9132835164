"""What a training takes over from earlier runs, and what two runs from nothing have in common."""

import json
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

PENGUIN = Path(__file__).resolve().parents[2] / "examples" / "penguin"
PIPELINE = """\
data:
  path: data/*.gz
  format: tfrecord
  splits: {train: 1, eval: 1}
  label: species
transform:
  label: species
tuner:
  enabled: true
  trials: 2
trainer:
  epochs: 2
  batch_size: 16
evaluator:
  metrics:
    SparseCategoricalAccuracy: {min: 0.01}
infra_validator:
  enabled: false
"""
LABEL_LINE = "    outputs[LABEL] = tf.reshape(inputs[LABEL], [-1, 1])\n"
VOCABULARY = """\
    depth = tf.reshape(inputs["culmen_depth_mm"], [-1])
    tft.vocabulary(tf.strings.as_string(depth), vocab_filename="depths")
"""
WARM = ("trainer.warm_start=true", "trainer.epochs=3")
# What looks at the world in every run: the resolvers, and Pusher.
LOOKING = {"BaseModel", "LatestPushedModel", "LatestSearch", "Pusher"}


@dataclass(frozen=True)
class Birds:
    """A use case with data of its own, and a home."""

    folder: Path
    tidemill: object

    def run(self, *settings):
        done = self.tidemill.run(self.folder, *settings)
        assert done.status == 0, f"{done.record['nodes']} {done.stderr}"
        return done

    def outputs(self, node, output):
        folder = self.tidemill.home / "artifacts" / self.folder.name / node / output
        return sorted(folder.iterdir(), key=lambda path: int(path.name))

    @property
    def versions(self):
        return [name for name in self.tidemill.models(self.folder.name) if name.isdecimal()]

    def origin(self, version):
        return json.loads((self.store / f"{version}.json").read_text())

    @property
    def store(self):
        return self.tidemill.home / "models" / self.folder.name


def penguins(split):
    import tfx

    folder = Path(tfx.__file__).parent / "components/testdata/penguin/data"
    (file,) = (folder / f"Split-{split}").glob("*.gz")
    return file


@pytest.fixture(scope="module")
def birds(tmp_path_factory, tidemill):
    """The penguin example with a vocabulary, on half of its files."""
    root = tmp_path_factory.mktemp("training")
    folder = root / f"birds_{uuid.uuid4().hex[:8]}"
    shutil.copytree(PENGUIN, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pipeline.yaml").write_text(PIPELINE)
    (folder / "data").mkdir()
    shutil.copy(penguins("train"), folder / "data" / "1.gz")
    preprocessing = folder / "preprocessing.py"
    text = preprocessing.read_text()
    assert LABEL_LINE in text
    preprocessing.write_text(text.replace(LABEL_LINE, LABEL_LINE + VOCABULARY))
    return Birds(folder, tidemill(root / "home"))


@pytest.fixture(scope="module")
def first(birds):
    return birds.run()


@pytest.fixture(scope="module")
def twin(birds, first, tidemill):
    """The same run in another home."""
    assert first.status == 0
    other = Birds(birds.folder, tidemill(birds.tidemill.home.with_name("twin")))
    other.run()
    return other


@pytest.fixture(scope="module")
def warm(birds, first):
    """Other settings of the training, and a start from the first model."""
    assert first.status == 0
    return birds.run(*WARM)


@pytest.fixture(scope="module")
def unchanged(birds, warm):
    """The run before, twice more."""
    assert warm.status == 0
    return [birds.run(*WARM) for _ in range(2)]


def rows(folder, split):
    """Returns the examples of a split in their order, without the order of their features."""
    import tensorflow as tf

    files = sorted(str(file) for file in (folder / f"Split-{split}").iterdir())
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    examples = [tf.train.Example.FromString(record).features.feature for record in records]
    return [sorted((name, str(value)) for name, value in its.items()) for its in examples]


@pytest.mark.parametrize(
    ("node", "output"), [("ExampleGen", "examples"), ("Transform", "transformed_examples")]
)
def test_two_runs_from_nothing_have_the_same_splits(birds, twin, node, output):
    (one,), (other,) = birds.outputs(node, output), twin.outputs(node, output)

    for split in ("train", "eval"):
        assert rows(one, split)
        assert rows(one, split) == rows(other, split)


def test_two_runs_from_nothing_have_the_same_vocabulary(birds, twin):
    texts = []
    for home in (birds, twin):
        (graph,) = home.outputs("Transform", "transform_graph")
        texts.append((graph / "transform_fn" / "assets" / "depths").read_bytes())

    assert len(texts[0].splitlines()) > 10
    assert texts[0] == texts[1]


def test_two_runs_from_nothing_find_and_train_the_same(birds, first, twin):
    one = birds.origin(first.record["pushed_version"])
    other = twin.origin(twin.versions[0])

    assert one["training"]["hyperparameters"] == other["training"]["hyperparameters"]
    assert set(one["training"]["hyperparameters"]) >= {"layers", "learning_rate"}
    assert one["metrics"] == pytest.approx(other["metrics"], abs=1e-3)


def test_the_origin_names_seed_data_packages_and_search(birds, first):
    origin = birds.origin(first.record["pushed_version"])
    run_id = first.record["run_id"]

    assert origin["training"]["seed"] == 42
    assert origin["training"]["run_id"] == origin["training"]["search"]["run_id"] == run_id
    assert origin["training"]["base_model"] is None
    assert origin["data"][0]["fingerprint"].startswith("files:1,")
    assert set(origin["software"]) >= {"python", "tensorflow", "keras", "keras-tuner", "tfx"}
    assert first.record["training"]["search"] == origin["training"]["search"]


def test_settings_of_the_training_alone_bring_no_new_search(first, warm):
    assert warm.states["Tuner"] == "cached"
    assert warm.states["Trainer"] == "done"
    assert warm.record["training"]["search"] == first.record["training"]["search"]
    assert warm.record["training"]["hyperparameters"] == first.record["training"]["hyperparameters"]


def test_a_warm_start_is_from_the_latest_pushed_model(birds, first, warm):
    base = birds.origin(first.record["pushed_version"])
    trainer = warm.record["nodes"]["Trainer"]["execution_id"]

    assert warm.record["training"]["base_model"]["run_id"] == first.record["run_id"]
    assert birds.tidemill.inputs(trainer, "base_model") == [base["model_artifact_id"]]


def test_runs_without_a_change_train_nothing_although_a_newer_model_was_pushed(
    birds, warm, unchanged
):
    for run in unchanged:
        assert {node for node, state in run.states.items() if state != "cached"} <= LOOKING
        assert run.record["training"] == warm.record["training"]
        assert run.record["pushed_version"] == warm.record["pushed_version"]
    assert birds.versions[-1] == warm.record["pushed_version"]
    assert len(birds.versions) == 2


def test_the_keras_model_is_kept_beside_what_is_served_and_not_pushed(birds, warm):
    origin = birds.origin(warm.record["pushed_version"])

    assert (Path(origin["model_uri"]) / "model.keras").is_file()
    assert (Path(origin["model_uri"]) / "Format-Serving" / "saved_model.pb").is_file()
    assert not list(birds.store.rglob("*.keras"))


@pytest.fixture(scope="module")
def refused(birds, unchanged):
    """A layer more than the model that was pushed last has."""
    assert unchanged
    model = birds.folder / "model.py"
    text, line = model.read_text(), "    outputs = keras.layers.Dense(len(SPECIES)"
    assert text.count(line) == 1
    more = '    hidden = keras.layers.Dense(5, name="more")(hidden)\n'
    model.write_text(text.replace(line, more + line))
    done = birds.tidemill.run(birds.folder, *WARM, "tuner.run=never")
    model.write_text(text)
    return done


def test_another_architecture_is_refused_by_the_names_of_its_layers(birds, refused, warm):
    cause = refused.record["nodes"]["Trainer"]["cause"]

    assert refused.status == 1
    assert refused.states["Trainer"] == "failed"
    assert "more/kernel" in cause
    assert "is new" in cause
    assert "--set trainer.warm_start=false" in cause
    assert birds.versions[-1] == warm.record["pushed_version"]


@pytest.fixture(scope="module")
def grown(birds, refused):
    """More data, and no search whatever happens."""
    assert refused.states["Trainer"] == "failed"
    shutil.copy(penguins("eval"), birds.folder / "data" / "2.gz")
    return birds.run(*WARM, "tuner.run=never")


def test_new_data_is_trained_from_the_last_pushed_model_without_a_search(first, warm, grown):
    assert "Tuner" not in grown.states
    assert grown.states["Transform"] == grown.states["Trainer"] == "done"
    assert grown.record["training"]["search"]["run_id"] == first.record["run_id"]
    assert grown.record["training"]["base_model"]["run_id"] == warm.record["run_id"]
