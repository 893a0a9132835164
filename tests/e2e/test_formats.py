"""The same table as CSV, Parquet and TFRecord gives the same splits, here and anywhere."""

import csv
import itertools
import json
from pathlib import Path

import pytest

BIRDS = [
    {"name": f"bird {number}", "mass": 3000.25 + number, "eggs": number % 3}
    for number in range(300)
]
SPLITS = {"train": 2, "eval": 1}


def write_csv(path):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, BIRDS[0])
        writer.writeheader()
        writer.writerows(BIRDS)


def write_parquet(path):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(BIRDS), path)


def write_tfrecord(path):
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path)) as writer:
        for bird in BIRDS:
            example = tf.train.Example()
            example.features.feature["name"].bytes_list.value.append(bird["name"].encode())
            example.features.feature["mass"].float_list.value.append(bird["mass"])
            example.features.feature["eggs"].int64_list.value.append(bird["eggs"])
            writer.write(example.SerializeToString())


WRITERS = {"csv": write_csv, "parquet": write_parquet, "tfrecord": write_tfrecord}


def split(folder, data_format):
    """Runs ExampleGen alone in a new home; returns the names of the birds in each split."""
    from tfx.orchestration import metadata
    from tfx.orchestration.local.local_dag_runner import LocalDagRunner
    from tfx.orchestration.pipeline import Pipeline

    from components.example_gen.component import ExampleGen
    from pipeline.dag import BEAM_PIPELINE_ARGS

    folder.mkdir()
    data = folder / f"birds.{data_format}"
    WRITERS[data_format](data)
    connection = metadata.sqlite_metadata_connection_config(str(folder / "metadata.db"))
    LocalDagRunner().run(
        Pipeline(
            "split",
            str(folder / "artifacts"),
            components=[ExampleGen(str(data), data_format, SPLITS)],
            metadata_connection_config=connection,
            beam_pipeline_args=list(BEAM_PIPELINE_ARGS),
        )
    )
    with metadata.Metadata(connection) as handle:
        (examples,) = handle.store.get_artifacts_by_type("Examples")
    birds = {name: _birds(Path(examples.uri) / f"Split-{name}") for name in SPLITS}
    recorded = json.loads(examples.custom_properties["rows"].string_value)
    assert recorded == {name: len(its) for name, its in birds.items()}
    return birds


def _birds(folder):
    values = (example.features.feature["name"].bytes_list.value for example in _examples(folder))
    return sorted(value[0].decode() for value in values)


def _examples(folder):
    import tensorflow as tf

    files = [str(path) for path in folder.iterdir()]
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    return [tf.train.Example.FromString(record) for record in records]


@pytest.fixture(scope="module")
def from_csv(tmp_path_factory):
    return split(tmp_path_factory.mktemp("csv") / "first", "csv")


def test_every_row_is_in_one_split(from_csv):
    assert sorted(from_csv["train"] + from_csv["eval"]) == sorted(bird["name"] for bird in BIRDS)
    assert len(from_csv["train"]) > len(from_csv["eval"]) > 0


@pytest.mark.parametrize("data_format", ["csv", "parquet", "tfrecord"])
def test_another_home_and_another_format_give_the_same_splits(from_csv, tmp_path, data_format):
    assert split(tmp_path / "second", data_format) == from_csv


def test_rows_land_in_the_splits_where_tfx_puts_them(tmp_path):
    import tfx

    source = Path(tfx.__file__).parent / "components/testdata/external/csv/data.csv"
    data = tmp_path / "data"
    data.mkdir()
    with source.open() as file:
        (data / "trips.csv").write_text("".join(itertools.islice(file, 2000)))
    ours, tfxs = read_by_both(data, tmp_path)

    assert ours == tfxs
    assert sum(map(len, ours.values())) == 1999


def read_by_both(data, folder):
    """Runs our executor and TFX's on the same CSV; returns the rows of each split, sorted."""
    from tfx.components.example_gen.csv_example_gen import executor as tfxs
    from tfx.types import standard_artifacts

    from components.example_gen.component import ExampleGen
    from components.example_gen.executor import Executor
    from pipeline.dag import BEAM_PIPELINE_ARGS

    context = tfxs.Executor.Context(
        beam_pipeline_args=list(BEAM_PIPELINE_ARGS), tmp_dir=str(folder / "tmp"), unique_id="1"
    )
    properties = ExampleGen(str(data), "csv", SPLITS).exec_properties
    for name, executor in (("ours", Executor()), ("tfxs", tfxs.Executor(context))):
        examples = standard_artifacts.Examples()
        examples.uri = str(folder / name)
        executor.Do({}, {"examples": [examples]}, dict(properties))
        rows = (_examples(folder / name / f"Split-{split}") for split in SPLITS)
        yield {
            split: sorted(row.SerializeToString(deterministic=True) for row in its)
            for split, its in zip(SPLITS, rows, strict=True)
        }
