"""`tidemill schema`: which use case and features are meant, and that nothing is written unasked."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.example_validator.findings import Finding
from pipeline.cli import schema as module
from pipeline.cli.main import main
from pipeline.errors import UsageError
from pipeline.schema import review as review_module
from pipeline.schema.change import SchemaChange
from pipeline.schema.evidence import Evidence
from pipeline.schema.text_patch import Patched

OLD = '# How people pay.\nfeature { name: "pay" string_domain { value: "Cash" } }\n'
NEW = OLD.replace('"Cash"', '"Cash" value: "Barter"')
FINDING = Finding(
    "train", "pay", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", "[/x] Barter", "Barter", "mend", False
)


@pytest.fixture
def use_case(folder):
    """A use case with a curated schema, `pays/pay.pbtxt`."""
    folder = folder.rename("pays")
    (folder / "pay.pbtxt").write_text(OLD)
    with (folder / "pipeline.yaml").open("a") as file:
        file.write("schema: {file: pay.pbtxt}\n")
    return folder


@pytest.fixture
def found(monkeypatch, tmp_path):
    """What a comparison would find: a value that is new."""

    def set_up(*, anomalies=True, lost=(), remaining=()):
        inferred = tmp_path / "inferred.pbtxt"
        inferred.write_text(OLD)
        evidence = Evidence("20261121-090507", "/data/pays.csv", {"train": tmp_path}, inferred)
        text = NEW if anomalies else OLD
        answer = SchemaChange(
            [FINDING] * anomalies,
            {"pay": "values + Barter"} if anomalies else {},
            text_format.Parse(text, schema_pb2.Schema()),
            Patched(text, lost),
            remaining,
        )
        monkeypatch.setattr(review_module, "latest_evidence", lambda *_: evidence)
        monkeypatch.setattr(review_module, "find_change", lambda *_: answer)

    set_up()
    return set_up


@pytest.fixture
def terminal(monkeypatch):
    """Has a person at the terminal who answers."""

    def answer(yes):
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
        monkeypatch.setattr(click, "confirm", lambda _question: yes)

    return answer


@pytest.fixture
def text(use_case):
    return (use_case / "pay.pbtxt").read_text


def test_show_is_a_table(use_case, capsys):
    assert main(["schema", "show", str(use_case)]) == 0

    out = capsys.readouterr().out
    assert "taxi" not in out
    assert "curated schema pays/pay.pbtxt" in out
    assert "Cash" in out


@pytest.mark.usefixtures("found")
def test_diff_shows_the_data_the_anomaly_the_lines_and_writes_nothing(use_case, capsys, text):
    assert main(["schema", "diff", str(use_case)]) == 0

    out = capsys.readouterr().out
    for words in ("run 20261121-090507: /data/pays.csv", "[/x] Barter", "values + Barter"):
        assert words in out
    assert "\n--- pays/pay.pbtxt\n+++ pays/pay.pbtxt\n" in out
    assert '\n+feature { name: "pay" string_domain { value: "Cash" value: "Barter" } }\n' in out
    assert "With this change the data passes." in out
    assert text() == OLD


@pytest.mark.usefixtures("found")
def test_accept_refuses_where_nobody_can_be_asked(use_case, capsys, text):
    assert main(["schema", "accept", str(use_case)]) == 2

    assert "give --yes" in capsys.readouterr().err
    assert text() == OLD


@pytest.mark.usefixtures("found")
def test_accept_asks(use_case, terminal, capsys, text):
    terminal(False)
    assert main(["schema", "accept", str(use_case)]) == 0
    assert capsys.readouterr().out.endswith("nothing was written\n")
    assert text() == OLD
    terminal(True)
    assert main(["schema", "accept", str(use_case)]) == 0
    assert text() == NEW
    assert capsys.readouterr().out.endswith("then run `tidemill run pays`\n")


@pytest.mark.usefixtures("found")
def test_accept_yes_writes(use_case, text):
    assert main(["schema", "accept", str(use_case), "--yes"]) == 0
    assert text() == NEW


def test_nothing_to_accept_is_no_error(use_case, found, capsys, text):
    found(anomalies=False)

    assert main(["schema", "accept", str(use_case)]) == 0
    assert "The data fits the schema." in capsys.readouterr().out
    assert text() == OLD


def test_a_comment_that_would_be_lost_and_what_still_stops_the_run_are_told(
    use_case, found, capsys
):
    found(lost=("# How people pay.",), remaining=[FINDING])
    main(["schema", "diff", str(use_case)])

    out = capsys.readouterr().out
    assert "a comment would be lost: # How people pay." in out
    assert "The run would still be stopped by pay." in out


@pytest.mark.usefixtures("found")
def test_an_inferred_schema_becomes_a_new_file_and_pipeline_yaml_stays(use_case, capsys):
    config = use_case / "pipeline.yaml"
    config.write_text(config.read_text().replace("schema: {file: pay.pbtxt}", ""))
    before = config.read_text()
    assert main(["schema", "accept", str(use_case), "--yes"]) == 0

    out = capsys.readouterr().out
    assert "schema: {file: ../schemas/pays.pbtxt}" in out
    assert "/dev/null" in out
    assert config.read_text() == before
    written = Path("schemas/pays.pbtxt").read_text()
    assert text_format.Parse(written, schema_pb2.Schema()).feature[0].name == "pay"


def test_without_a_run_there_is_nothing_to_compare(use_case, capsys):
    assert main(["schema", "diff", str(use_case), "--home", "none"]) == 2

    assert "has statistics of pays's data; `tidemill run pays` makes them" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ([], ("here", ())),
        (["pays"], ("pays", ())),
        (["pays", "fare", "tips"], ("pays", ("fare", "tips"))),
        (["fare", "tips"], ("here", ("fare", "tips"))),
    ],
)
@pytest.mark.usefixtures("use_case")
def test_the_first_argument_is_the_use_case_if_it_is_one(monkeypatch, arguments, meant):
    monkeypatch.setattr(module, "default_use_case", lambda: Path("here"))

    assert module.split_arguments(arguments) == (Path(meant[0]), meant[1])


@pytest.mark.parametrize("argument", ["examples/taix", "empty"])
def test_a_folder_that_is_no_use_case_is_not_taken_for_a_feature(folder, argument):
    (folder.parent / "empty").mkdir()

    with pytest.raises(UsageError, match=f"{argument} is no folder with pipeline.yaml"):
        module.split_arguments([argument])
