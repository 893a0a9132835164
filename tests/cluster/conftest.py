"""What the tests in a real cluster share."""

import pytest
from cluster import problem_with_cluster
from kubernetes import client, config


@pytest.fixture(scope="session", autouse=True)
def _cluster():
    """Ends the session, with a sentence, where there is no cluster to test with."""
    problem = problem_with_cluster()
    if problem:
        pytest.exit(problem, returncode=2)


@pytest.fixture(scope="session")
def core():
    """The API, as an administrator."""
    configuration = client.Configuration()
    config.load_kube_config(client_configuration=configuration)
    return client.CoreV1Api(client.ApiClient(configuration))
