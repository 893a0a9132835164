"""Data that a curated schema refuses: let pass with a warning, then accepted into the schema."""

import csv
import shutil
from pathlib import Path

import pytest

PENGUIN = Path(__file__).resolve().parents[2] / "examples" / "penguin"
MEASUREMENTS = ("culmen_length_mm", "culmen_depth_mm", "flipper_length_mm", "body_mass_g")
CONFIG = """\
data: {path: birds.csv, label: species}
schema: {file: birds.pbtxt}
transform: {label: species}
trainer: {epochs: 1, batch_size: 16}
evaluator: {metrics: {SparseCategoricalAccuracy: {min: 0}}}
infra_validator: {enabled: false}
"""
NUMBER = """
feature {{
  name: "{name}"
  type: {type}
  presence {{ min_fraction: 1 min_count: 1 }}
  shape {{ dim {{ size: 1 }} }}
{more}}}
"""
ISLAND = """
feature {
  name: "island"
  type: BYTES
  presence { min_fraction: 1 min_count: 1 }
  shape { dim { size: 1 } }
  domain: "islands"
  not_in_environment: "SERVING"
}
string_domain {
  name: "islands"
  value: "Biscoe"  # where the first birds were measured
}
"""
SCHEMA = "# Measured by hand.\n" + "".join(
    [NUMBER.format(name=name, type="FLOAT", more="") for name in MEASUREMENTS[:3]]
    + [NUMBER.format(name="body_mass_g", type="FLOAT", more="  float_domain { max: 50 }  # g\n")]
    + [NUMBER.format(name="species", type="INT", more=""), ISLAND]
)
# One of each: a kind, a feature, and a kind in a feature.
ALLOW = "data.allow=[SCHEMA_NEW_COLUMN, island, {body_mass_g: FLOAT_TYPE_BIG_FLOAT}]"


def write_birds(path):
    """Writes birds with a new column, too large numbers and a new island."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*MEASUREMENTS, "species", "island", "observer"])
        writer.writeheader()
        for number in range(150):
            species = number % 3
            bird = dict.fromkeys(MEASUREMENTS, species + number / 1000)
            if number % 7 == 0:
                bird["body_mass_g"] = 99.5
            bird |= {"species": species, "observer": ("Ann", "Bob")[number % 2]}
            writer.writerow({**bird, "island": "Biscoe" if number % 10 else "Torgersen"})


class Story:
    """Refused, allowed, looked at, accepted and run again."""

    def __init__(self, its, folder):
        self.folder, self.tidemill = folder, its
        self.refused = its.run(folder, options=())
        self.allowed = its.run(folder, ALLOW, options=())
        self.accepted = its("schema", "accept", folder, "--yes")
        self.after = its.run(folder)
        self.runs = its.status()

    @property
    def schema(self):
        return (self.folder / "birds.pbtxt").read_text()


@pytest.fixture(scope="module")
def story(tidemill, tmp_path_factory):
    root = tmp_path_factory.mktemp("schema")
    folder = root / "birds"
    shutil.copytree(PENGUIN, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pipeline.yaml").write_text(CONFIG)
    (folder / "birds.pbtxt").write_text(SCHEMA)
    write_birds(folder / "birds.csv")
    return Story(tidemill(root / "home"), folder)


def test_the_gate_points_to_the_commands(story):
    assert story.refused.status == 3, story.refused.stderr
    out = story.refused.stdout
    for words in ("SCHEMA_NEW_COLUMN", "`schema accept` adds it", "`tidemill schema diff`"):
        assert words in out


def test_what_is_allowed_warns_and_only_the_gate_looks_again(story):
    assert story.allowed.status == 0, story.allowed.stdout + story.allowed.stderr
    states = {node: its["state"] for node, its in story.runs[1]["nodes"].items()}
    before_the_gate = ("ExampleGen", "StatisticsGen", "SchemaGen", "Transform")

    assert {states[node] for node in before_the_gate} == {"cached"}
    assert states["ExampleValidator"] == states["Pusher"] == "done"
    assert story.allowed.stdout.count(" allowed ") >= 6  # three anomalies in two splits
    assert "warnings from ExampleValidator" in story.allowed.stdout.splitlines()[-1]


def test_accept_changes_what_the_data_contradicts_and_nothing_else(story):
    assert story.accepted.status == 0, story.accepted.stderr
    text = story.schema

    assert "With this change the data passes." in story.accepted.stdout
    assert text.startswith("# Measured by hand.\n")
    assert "  float_domain { max: 99.5 }  # g\n" in text
    assert '  value: "Biscoe"  # where the first birds were measured\n  value: "Torgersen"' in text
    observer = text[text.index('name: "observer"') :]
    assert 'not_in_environment: "SERVING"' in observer[: observer.index("}\n\n")]
    assert set(SCHEMA.splitlines()) - set(text.splitlines()) == {"  float_domain { max: 50 }  # g"}


def test_after_it_the_same_data_passes(story):
    assert story.after.status == 0, story.after.stdout + story.after.stderr
    verdict = story.after.record["nodes"]["ExampleValidator"]["verdict"]

    assert verdict["rows"] == []
    assert not verdict["warns"]
