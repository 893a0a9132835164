"""Uploading: the same bytes never make a second version."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.kubeflow.client.api_errors import KubeflowError
from pipeline.kubeflow.client.experiments import experiment_id
from pipeline.kubeflow.client.upload import pipeline_spec, upload
from pipeline.kubeflow.compiled import CompiledPipeline

COMPILED = CompiledPipeline(
    "taxi", "pipelineInfo: {name: taxi}\nschemaVersion: 2.1.0\n", {"span": ""}, {"data": ("A",)}
)
CHANGED = replace(COMPILED, text=COMPILED.text + "# changed\n")


def test_the_first_time_makes_a_pipeline_with_one_version(fake, connection):
    version = upload(connection, COMPILED)

    assert version.new
    assert version.name == f"sha256-{COMPILED.digest[:12]}"
    assert [p["display_name"] for p in fake.pipelines.values()] == ["taxi"]
    assert fake.versions[version.version_id]["description"] == f"sha256 {COMPILED.digest}"
    assert pipeline_spec(connection, version.pipeline_id, version.version_id) == {
        "pipelineInfo": {"name": "taxi"},
        "schemaVersion": "2.1.0",
    }


def test_the_same_bytes_are_found_again_among_many(fake, connection):
    first = upload(connection, COMPILED)
    for number in range(5):
        upload(connection, replace(COMPILED, text=f"{COMPILED.text}# {number}\n"))

    assert upload(connection, COMPILED) == first._replace(new=False)
    assert len(fake.versions) == 6


def test_other_bytes_make_another_version_of_the_same_pipeline(fake, connection):
    first, second = upload(connection, COMPILED), upload(connection, CHANGED)

    assert second.new
    assert second.pipeline_id == first.pipeline_id
    assert len(fake.versions) == 2


@pytest.mark.parametrize("path", ["/pipelines", "/pipelines/upload_version", "/experiments"])
def test_of_two_at_once_one_finds_what_the_other_made(fake, connection, path):
    real, raced = fake.answer, []

    def answer(method, url, body):
        # Somebody else asks for the same between this one's look and its request.
        if method == "POST" and url.partition("?")[0].endswith(path) and not raced:
            raced.append(real(method, url, body))
        return real(method, url, body)

    fake.answer = answer
    version = upload(connection, COMPILED)
    experiment = experiment_id(connection, "taxi")

    assert raced
    assert [list(things) for things in (fake.pipelines, fake.versions, fake.experiments)] == [
        [version.pipeline_id],
        [version.version_id],
        [experiment],
    ]


def test_a_package_that_kubeflow_refuses(connection):
    with pytest.raises(KubeflowError, match="cannot upload the pipeline taxi: unknown template"):
        upload(connection, replace(COMPILED, text="schemaVersion: 1.0.0\n"))


def test_an_experiment_is_made_once_and_taken_out_of_the_archive(fake, connection):
    first = experiment_id(connection, "taxi")
    fake.experiments[first]["storage_state"] = "ARCHIVED"

    assert experiment_id(connection, "taxi") == first
    assert fake.experiments[first]["storage_state"] == "AVAILABLE"
    assert experiment_id(connection, "other") != first
