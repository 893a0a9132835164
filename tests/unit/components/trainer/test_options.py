import pytest

from components.trainer.options import TrainingOptions

SECTION = {
    "label": "big_tip",
    "raw_label": "tips",
    "epochs": 5,
    "batch_size": 64,
    "patience": 2,
    "seed": 7,
    "parameters": {"width": 3},
}


def test_reads_the_section_and_ignores_what_it_does_not_know():
    options = TrainingOptions.from_custom_config({"training": {**SECTION, "new": 1}, "code": "x"})
    assert options == TrainingOptions(**SECTION)


@pytest.mark.parametrize("config", [None, {}, {"training": {}}])
def test_says_what_is_missing(config):
    with pytest.raises(ValueError, match=r"lacks .*'label'"):
        TrainingOptions.from_custom_config(config)
