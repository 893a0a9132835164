"""Where Kubeflow's API is."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.kubeflow.client.endpoint import find_endpoint

IN_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
NAMED = {"KF_PIPELINES_ENDPOINT": "http://variable:1"}


def find(option=None, environ=None, configured=None):
    return find_endpoint(option, environ or {}, configured)


def test_the_option_comes_before_the_variable_before_the_configuration_before_the_cluster():
    everything = ("http://option", {**NAMED, **IN_POD}, "http://configured")

    assert find(*everything).url == "http://option"
    assert find(None, *everything[1:]).url == "http://variable:1"
    assert find(None, IN_POD, "http://configured").url == "http://configured"
    assert find(None, IN_POD).url == "http://ml-pipeline.kubeflow.svc.cluster.local:8888"
    assert find(None, NAMED).origin == "KF_PIPELINES_ENDPOINT"


def test_nothing_names_one():
    with pytest.raises(UsageError, match="--endpoint URL, set KF_PIPELINES_ENDPOINT"):
        find()


@pytest.mark.parametrize("url", ["localhost:8888", "ftp://x", "http://"])
def test_what_is_no_url(url):
    with pytest.raises(UsageError, match="is no URL"):
        find(url)


def test_links_go_to_the_user_interface():
    ui = {"KF_PIPELINES_UI_ENDPOINT": "https://kubeflow.example/pipeline/"}

    assert find("http://api:8888/").ui == "http://api:8888"
    assert find("http://api:8888", ui).ui == "https://kubeflow.example/pipeline"


def test_the_token_is_the_file_that_the_variable_names(tmp_path):
    file = tmp_path / "token"
    variable = {"KF_PIPELINES_SA_TOKEN_PATH": str(file)}
    with pytest.raises(UsageError, match="no such file"):
        find("http://x", variable)
    file.write_text("secret")

    assert find("http://x", variable).token == file
    assert find("http://x").token is None
