import pytest
import tensorflow as tf

from components.trainer.datasets import make_dataset

SPEC = {
    "x": tf.io.FixedLenFeature([1], tf.int64),
    "label": tf.io.FixedLenFeature([1], tf.int64),
}


def write(path, numbers, compression):
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for number in numbers:
            value = tf.train.Feature(int64_list=tf.train.Int64List(value=[number]))
            features = tf.train.Features(feature={"x": value, "label": value})
            writer.write(tf.train.Example(features=features).SerializeToString())


@pytest.fixture
def files(tmp_path):
    write(tmp_path / "a.gz", range(50), "GZIP")
    write(tmp_path / "b.gz", range(50, 100), "GZIP")
    return [str(tmp_path / "*")]


def order(dataset):
    return [int(x) for features, _ in dataset for x in features["x"][:, 0]]


def test_one_pass_is_every_example_once_with_its_label_apart(files):
    batches = list(make_dataset(files, SPEC, "label", 32))
    assert [len(label) for _, label in batches] == [32, 32, 32, 4]
    assert all(set(features) == {"x"} for features, _ in batches)
    assert all((features["x"] == label).numpy().all() for features, label in batches)


def test_the_same_seed_gives_the_same_order_in_every_epoch(files):
    one = make_dataset(files, SPEC, "label", 10, shuffle_seed=3)
    other = make_dataset(files, SPEC, "label", 10, shuffle_seed=3)
    epochs = [order(one), order(one)]
    assert epochs == [order(other), order(other)]
    assert epochs[0] != epochs[1]
    assert sorted(epochs[0]) == list(range(100))


def test_without_a_seed_the_order_is_always_the_same(files):
    dataset = make_dataset(files, SPEC, "label", 10)
    assert order(dataset) == order(dataset)


def test_reads_plain_and_gzip_files_together(tmp_path):
    write(tmp_path / "a.gz", [1], "GZIP")
    write(tmp_path / "b", [2], "")
    assert sorted(order(make_dataset([str(tmp_path / "*")], SPEC, "label", 10))) == [1, 2]


def test_says_when_no_file_matches(tmp_path):
    with pytest.raises(ValueError, match="is the split empty"):
        make_dataset([str(tmp_path / "*")], SPEC, "label", 10)


def test_says_when_the_label_is_not_transformed(files):
    with pytest.raises(ValueError, match=r"'big_tip' is not among .*transform\.label"):
        make_dataset(files, SPEC, "big_tip", 10)
