"""Transform's batches are the same in every run."""

import pytest
from absl import flags
from tfx.components.transform import executor as tfx_executor
from tfx_bsl.coders import batch_util

from components.transform.executor import Executor


@pytest.fixture
def flag():
    """The flag of tfx_bsl, as it was before."""
    its = flags.FLAGS["tfxio_use_byte_size_batching"]
    before = its.default
    yield its
    flags.FLAGS.set_default(its.name, before)


def test_batches_are_filled_up_to_a_size_and_not_for_a_time(flag, monkeypatch):
    seen = []

    def run(_self, *arguments):
        seen.append((arguments, batch_util.GetBatchElementsKwargs(None)))

    monkeypatch.setattr(tfx_executor.Executor, "Do", run)
    assert not flag.default
    Executor().Do({"a": []}, {"b": []}, {"c": 1})

    ((arguments, batching),) = seen
    assert arguments == ({"a": []}, {"b": []}, {"c": 1})
    assert batching["min_batch_size"] == batching["max_batch_size"]
    assert "target_batch_duration_secs" not in batching
