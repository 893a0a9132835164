import csv
import io
import json

from pipeline.cli.prediction_output import Csv, JsonLines, refusal
from serving.client.batches import RowAnswer
from serving.errors import InvalidArgumentError

GOOD = RowAnswer(0, {"score": [0.5], "text": 'é,"', "raw_bytes": b"\xff", "list": [1, [2.5]]})
BAD = RowAnswer(6, error=InvalidArgumentError("no\n  number"))


def test_json_lines_say_why_a_row_has_no_prediction():
    form = JsonLines()
    assert form.head() == ""
    assert json.loads(form.line(GOOD)) == {
        "score": [0.5],
        "text": 'é,"',
        "raw_bytes": {"b64": "/w=="},
        "list": [1, [2.5]],
    }
    assert json.loads(form.line(BAD)) == {"row": 7, "error": "INVALID_ARGUMENT: no number"}


def test_csv_has_a_cell_for_each_output_and_a_line_for_each_row():
    form = Csv(["text", "score", "raw_bytes", "list"])
    table = form.head() + form.line(GOOD) + form.line(BAD)
    assert list(csv.reader(io.StringIO(table))) == [
        ["list", "raw_bytes", "score", "text"],
        ["[1, [2.5]]", "/w==", "0.5", 'é,"'],
        ["", "", "", ""],
    ]


def test_the_first_refused_rows_are_named():
    assert refusal([BAD], 9) == "1 of 9 rows refused: row 7: INVALID_ARGUMENT: no number"
    assert refusal([BAD] * 5, 9).endswith("; and 2 more")
