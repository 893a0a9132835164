import pytest

from serving.errors import InvalidArgumentError
from serving.server.batched_servable import BatchedServable
from serving.server.batching import Batching
from serving.server.flags import ServerFlags
from serving.server.metrics import ServerMetrics


class FakeServable:
    def __init__(self):
        self.signatures = self.signature_defs = {}


@pytest.fixture
def global_file(tmp_path):
    file = tmp_path / "batching.config"
    file.write_text("max_batch_size { value: 5 } num_batch_threads { value: 2 }")
    return str(file)


def from_flags(**flags):
    return Batching.from_flags(ServerFlags(**flags), ServerMetrics())


@pytest.mark.conformance("cli.batching")
def test_nothing_is_batched_unless_it_is_wanted(global_file, tmp_path):
    assert from_flags() is None
    batching = from_flags(enable_batching=True, batching_parameters_file=global_file)
    assert batching.parameters.max_batch_size == 5
    assert isinstance(batching.wrap(FakeServable(), tmp_path), BatchedServable)


@pytest.mark.conformance("cli.batching", "batch.per_model")
def test_each_version_may_bring_its_own_parameters(global_file, tmp_path):
    batching = from_flags(
        enable_batching=True,
        batching_parameters_file=global_file,
        enable_per_model_batching_parameters=True,
    )
    servable = FakeServable()
    assert batching.wrap(servable, tmp_path) is servable
    file = tmp_path / "batching_params.pbtxt"
    file.write_text("max_batch_size { value: 9 } num_batch_threads { value: 7 }")
    parameters = batching.wrap(servable, tmp_path)._parameters
    assert (parameters.max_batch_size, parameters.num_batch_threads) == (9, 2)
    file.write_text("nonsense")
    with pytest.raises(InvalidArgumentError, match=r"batching_params\.pbtxt"):
        batching.wrap(servable, tmp_path)
