"""A metadata service that is away for a while."""

from __future__ import annotations

import pytest
from ml_metadata import errors
from ml_metadata.metadata_store import metadata_store

from pipeline.metadata.patient_store import PatientStore, client_config


@pytest.fixture
def answers(monkeypatch):
    """What the service says, call by call."""
    said = []

    def call(_self, _method, _request, response, *_others):
        answer = said.pop(0)
        if isinstance(answer, Exception):
            raise answer
        response.append(answer)

    monkeypatch.setattr(metadata_store.MetadataStore, "_call", call)
    return said


def call(patience=60.0):
    pauses, response = [], []
    store = PatientStore(client_config("127.0.0.1:1"), patience, pauses.append)
    store._call("GetContexts", None, response)
    return response, pauses


def test_it_is_asked_again_with_longer_pauses(answers):
    answers += [errors.UnavailableError("away")] * 3 + ["here"]

    assert call() == (["here"], [0.2, 0.4, 0.8])


def test_not_for_ever(answers):
    answers += [errors.UnavailableError("away")] * 9

    with pytest.raises(errors.UnavailableError):
        call(patience=0.1)


def test_other_errors_are_answers(answers):
    answers.append(errors.NotFoundError("no such context"))

    with pytest.raises(errors.NotFoundError):
        call()


def test_where_it_is():
    config = client_config("metadata.tidemill:8080")

    assert (config.host, config.port) == ("metadata.tidemill", 8080)
