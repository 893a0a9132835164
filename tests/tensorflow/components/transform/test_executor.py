"""What Transform does is the same in every run."""

import json

import pytest
from absl import flags
from tfx.components.transform import executor as tfx_executor
from tfx.types import standard_artifacts
from tfx_bsl.coders import batch_util

from components.transform.executor import Executor

pytestmark = pytest.mark.usefixtures("flag")


@pytest.fixture
def flag():
    """The flag of tfx_bsl, as it was before."""
    its = flags.FLAGS["tfxio_use_byte_size_batching"]
    before = its.default
    yield its
    flags.FLAGS.set_default(its.name, before)


@pytest.fixture
def transform(monkeypatch):
    """Executes with these examples' splits and properties, and returns what TFX is given."""
    seen = []
    monkeypatch.setattr(tfx_executor.Executor, "Do", lambda _self, *given: seen.append(given))

    def execute(*splits, **properties):
        examples = [standard_artifacts.Examples() for _ in splits]
        for artifact, names in zip(examples, splits, strict=True):
            artifact.split_names = json.dumps(names)
        Executor().Do({"examples": examples}, {"b": []}, properties)
        ((_, outputs, its),) = seen
        assert outputs == {"b": []}
        return its

    return execute


def test_batches_are_filled_up_to_a_size_and_not_for_a_time(flag, transform):
    assert not flag.default
    assert transform(["train"], c=1)["c"] == 1

    batching = batch_util.GetBatchElementsKwargs(None)
    assert batching["min_batch_size"] == batching["max_batch_size"]
    assert "target_batch_duration_secs" not in batching


def test_splits_stay_in_their_order(transform):
    names = [f"split_{number}" for number in (3, 1, 4, 5, 9, 2, 6)]
    splits = json.loads(transform(names, sorted(names))["splits_config"])

    assert splits == {"analyze": ["train"], "transform": names}


def test_splits_that_are_given_are_kept(transform):
    assert transform(["train"], splits_config="{}x")["splits_config"] == "{}x"


def test_examples_with_other_splits_are_refused(transform):
    with pytest.raises(ValueError, match="same split names"):
        transform(["train", "eval"], ["train"])
