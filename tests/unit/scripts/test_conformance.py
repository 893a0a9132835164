import pytest

from scripts.conformance import (
    LINES,
    ROOT,
    TABLE,
    ConformanceError,
    Line,
    find_proofs,
    read_lines,
    render,
)


def test_the_table_is_up_to_date():
    table = render(read_lines(LINES.read_text()), find_proofs(ROOT))
    assert TABLE.read_text() == table, "run `python -m scripts.conformance`"


def test_a_line_has_a_name_a_text_and_perhaps_a_reason():
    sections = read_lines("# One\na.b | it does\n\n# Two\nc | it does not | nobody asked\n")
    assert sections == {
        "One": [Line("a.b", "it does")],
        "Two": [Line("c", "it does not", "nobody asked")],
    }


@pytest.mark.parametrize("text", ["# One\na", "# One\na | b | c | d", "# One\na | b\na | c"])
def test_other_lines_are_refused(text):
    with pytest.raises(ConformanceError):
        read_lines(text)


def test_markers_are_found_without_running_the_tests(tmp_path):
    folder = tmp_path / "tests" / "unit" / "serving"
    folder.mkdir(parents=True)
    (folder / "test_x.py").write_text(
        "import nonsense\n@pytest.mark.conformance('a', 'b')\n@other\ndef test_y(): pass\n"
    )
    proof = ["tests/unit/serving/test_x.py::test_y"]
    assert find_proofs(tmp_path) == {"a": proof, "b": proof}


def test_a_marker_that_was_left_behind_is_refused(tmp_path):
    folder = tmp_path / "tests" / "e2e" / "serving"
    folder.mkdir(parents=True)
    marker = "@pytest.mark.conformance('a')\n"
    (folder / "test_x.py").write_text(f"{marker * 2}def test_y(): pass\n")
    with pytest.raises(ConformanceError, match=r"test_x\.py::test_y has two"):
        find_proofs(tmp_path)


def test_every_line_is_proven_or_excused():
    sections = {"One": [Line("a", "it does"), Line("b", "it does not", "why")]}
    assert "1 of 2 lines" in render(sections, {"a": ["t"]})
    with pytest.raises(ConformanceError, match="no test proves"):
        render(sections, {})
    with pytest.raises(ConformanceError, match="not in the list"):
        render(sections, {"a": ["t"], "z": ["t"]})
