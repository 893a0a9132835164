import pytest

from components.tuner.options import SearchOptions

SECTION = {
    "trials": 3,
    "objective": "val_loss",
    "direction": None,
    "time_budget_seconds": 60,
    "epochs": 1,
}


def test_reads_the_section_and_the_seed_of_the_training():
    options = SearchOptions.from_custom_config({"tuner": SECTION, "training": {"seed": 7}})
    assert options == SearchOptions(**SECTION, seed=7)


@pytest.mark.parametrize(
    "config", [None, {}, {"tuner": SECTION}, {"tuner": {}, "training": {"seed": 7}}]
)
def test_says_what_is_missing(config):
    with pytest.raises(ValueError, match="lacks"):
        SearchOptions.from_custom_config(config)
