"""The use case that the README shows, copied out of it and run."""

import json
import re
from pathlib import Path

import pytest
from sklearn.datasets import load_diabetes

from serving.client import connect
from serving.server.process import ServerProcess

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture
def diabetes(tmp_path):
    """The README's three files, and the data that it describes."""
    folder = tmp_path / "diabetes"
    folder.mkdir()
    files = re.findall(
        r"^`diabetes/(\S+)`.*?^```\w+\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE
    )
    assert [name for name, _ in files] == ["pipeline.yaml", "preprocessing.py", "model.py"]
    for name, text in files:
        (folder / name).write_text(text)
    patients = load_diabetes(as_frame=True, scaled=False).frame
    patients["sex"] = patients["sex"].map({1.0: "f", 2.0: "m"})
    patients[["age", "sex", "bmi", "target"]].to_csv(folder / "patients.csv", index=False)
    return folder


def test_the_use_case_of_the_readme(tidemill, diabetes, tmp_path):
    its = tidemill(tmp_path / "home")
    done = its.run(diabetes)

    assert done.status == 0, done.stdout + done.stderr
    (query,) = re.findall(r"^curl \S+diabetes:predict -d '(.*)'$", README.read_text(), re.MULTILINE)
    rows = json.loads(query)["instances"]
    log = its.home / "server.log"
    with (
        ServerProcess("diabetes", its.home / "models" / "diabetes", log) as server,
        connect(server.rest_address, "diabetes") as client,
    ):
        (prediction,) = client.predict(rows)["predictions"]
        signatures = client.metadata().signatures
    assert 25 < prediction[0] < 346  # the range of the data
    assert {"serving_default", "serving_rows", "transform_features", "regress"} <= set(signatures)
