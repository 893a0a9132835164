"""A base is chosen once for each training: reruns, new data, cold turns, new searches."""

from __future__ import annotations

from components.history import PastExecution
from components.resolver.base_model import choose_base

PARAMETERS = {"run_fn": "birds.model.run_fn", "custom_config": '{"epochs": 5}'}
MONDAY = {"examples": (1,), "transform_graph": (2,), "schema": (3,)}
TUESDAY = {"examples": (11,), "transform_graph": (12,), "schema": (3,)}


def training(model, inputs=MONDAY, base=None, parameters=PARAMETERS):
    """Returns the execution of Trainer that made a model."""
    its = inputs | ({"base_model": (base,)} if base else {})
    return PastExecution(model + 1000, parameters, its, {"model": (model,), "model_run": (0,)})


def choose(trainings, latest_pushed, inputs=MONDAY, parameters=PARAMETERS, cold_every=0):
    newest_first = trainings[::-1]
    return choose_base(newest_first, parameters, inputs, latest_pushed, cold_every)


def test_the_first_training_is_cold():
    assert choose([], None) is None


def test_new_data_starts_from_the_latest_pushed_model():
    assert choose([training(101)], 101, TUESDAY) == 101


def test_another_configuration_or_code_starts_from_the_latest_pushed_model():
    assert choose([training(101)], 101, parameters=PARAMETERS | {"custom_config": "{}"}) == 101


def test_runs_without_a_change_keep_the_base_that_they_had():
    cold = training(101)
    assert choose([cold], 101) is None

    warm = training(102, TUESDAY, base=101)
    assert choose([cold, warm], 102, TUESDAY) == 101
    # Even when other data was trained on and pushed meanwhile.
    other = training(103, {**TUESDAY, "examples": (21,)}, base=102)
    assert choose([cold, warm, other], 103, TUESDAY) == 101


def test_a_refused_model_is_no_base_and_its_rerun_keeps_its_own():
    trainings = [training(101), training(102, TUESDAY, base=101)]
    assert choose(trainings, 101, TUESDAY) == 101
    assert choose(trainings, 101, {**TUESDAY, "examples": (21,)}) == 101


def test_of_two_equal_trainings_the_newer_counts():
    trainings = [training(101), training(102, base=101), training(103, base=102)]
    assert choose(trainings, 103) == 102


def test_every_third_training_is_cold():
    trainings, bases = [], []
    for day in range(7):
        inputs = {**MONDAY, "examples": (day,)}
        base = choose(trainings, 100 + day - 1 if day else None, inputs, cold_every=3)
        trainings.append(training(100 + day, inputs, base))
        bases.append(base)
    assert bases == [None, 100, 101, None, 103, 104, None]


def test_trainings_that_were_refused_count_towards_the_cold_turn():
    trainings = [training(101), training(102, TUESDAY, 101), training(103, TUESDAY, 101)]
    assert choose(trainings, 101, {**MONDAY, "examples": (31,)}, cold_every=3) is None
    assert choose(trainings, 101, {**MONDAY, "examples": (31,)}, cold_every=4) == 101


def test_the_hyperparameters_of_a_new_search_start_cold():
    searched, anew = MONDAY | {"hyperparameters": (7,)}, TUESDAY | {"hyperparameters": (17,)}
    trainings = [training(101, searched)]
    assert choose(trainings, 101, anew) is None
    assert choose(trainings, 101, TUESDAY | {"hyperparameters": (7,)}) == 101
    assert choose(trainings, 101, TUESDAY) is None
    assert choose([training(101)], 101, searched) is None


STRATEGY = """
from types import SimpleNamespace
from components.resolver.base_model import BaseModelStrategy
from tfx.types import standard_artifacts

def artifact(kind, its_id, **properties):
    made = kind()
    made.id = its_id
    for name, value in properties.items():
        made.set_int_custom_property(name, value)
    made.set_string_custom_property("pushed_version", str(its_id))
    return made

models = [artifact(standard_artifacts.Model, its_id) for its_id in (1, 2, 3)]
inputs = {
    "examples": [artifact(standard_artifacts.Examples, 7)],
    "model": models,
    "pushed_model": [artifact(standard_artifacts.PushedModel, 9, pushed=1, model_id=2),
                     artifact(standard_artifacts.PushedModel, 10, pushed=0, model_id=3)],
}
store = SimpleNamespace(get_context_by_type_and_name=lambda *_: None)
resolved = BaseModelStrategy("birds", 0, "{}").resolve_artifacts(store, inputs)
answer({name: [a.id for a in its] for name, its in resolved.items()})
"""


def test_the_node_hands_on_one_model(leanly):
    assert leanly(STRATEGY) == {"examples": [7], "model": [2], "pushed_model": []}
