"""What is read back of executions: those that did their work, newest first, inputs in order."""

from __future__ import annotations

import pytest

SNIPPET = """
from components.history import past_executions
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

config = pb.ConnectionConfig()
config.fake_database.SetInParent()
store = MetadataStore(config)

def put_type(kind, name):
    message = kind(name=name)
    return getattr(store, {pb.ContextType: "put_context_type", pb.ExecutionType:
                   "put_execution_type", pb.ArtifactType: "put_artifact_type"}[kind])(message)

node, tuner = put_type(pb.ContextType, "node"), put_type(pb.ExecutionType, "Tuner")
examples = put_type(pb.ArtifactType, "Examples")
context = pb.Context(type_id=node, name="birds.Tuner")
(context.id,) = store.put_contexts([context])
first, second = store.put_artifacts([pb.Artifact(type_id=examples) for _ in range(2)])

def event(artifact, kind, name, index):
    its = pb.Event(artifact_id=artifact, type=kind)
    its.path.steps.add().key = name
    its.path.steps.add().index = index
    return its

def put(state, events):
    execution = pb.Execution(type_id=tuner, last_known_state=state)
    execution.custom_properties["epochs"].int_value = 5
    execution.custom_properties["__execution_result__"].string_value = "{}"
    its_id, _, _ = store.put_execution(execution, [(None, e) for e in events], [context])
    return its_id

old = put(pb.Execution.COMPLETE, [
    event(second, pb.Event.INPUT, "examples", 1), event(first, pb.Event.INPUT, "examples", 0)])
cached = put(pb.Execution.CACHED, [event(first, pb.Event.OUTPUT, "best", 0)])
failed = put(pb.Execution.FAILED, [])
new = put(pb.Execution.COMPLETE, [event(second, pb.Event.OUTPUT, "best", 0)])
past = past_executions(store, "birds", "Tuner")
answer({
    "ids": [p.execution_id for p in past] == [new, old],
    "parameters": past[0].parameters,
    "inputs": [p.inputs for p in past] == [{}, {"examples": (first, second)}],
    "outputs": [p.outputs for p in past] == [{"best": (second,)}, {}],
    "unknown": past_executions(store, "birds", "Trainer"),
})
"""


@pytest.fixture(scope="module")
def answers(leanly):
    return leanly(SNIPPET)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("ids", True),
        ("parameters", {"epochs": "5"}),
        ("inputs", True),
        ("outputs", True),
        ("unknown", []),
    ],
)
def test_the_history(answers, question, expected):
    assert answers[question] == expected
