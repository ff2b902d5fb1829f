import pytest

from common.portable_names import MAX_BYTES, portable_name, portable_names
from common.spreadsheets import cell, text_of


@pytest.mark.parametrize(
    ("name", "portable"),
    [
        ("cat", "cat"),
        ("über 犬", "über 犬"),
        ("console", "console"),
        ("con", "_con"),
        ("CON.tar.gz", "_CON.tar.gz"),
        ("nul .a", "_nul .a"),
        ("com¹", "_com¹"),
        ("LPT9", "_LPT9"),
        ("..", "__"),
        ("../../etc", "_._.._etc"),
        (".hidden", "_hidden"),
        ("dot.", "dot_"),
        ("a/b\\c:d", "a_b_c_d"),
        ("tab\there\x00", "tab_here_"),
        ("", "_"),
    ],
)
def test_a_name_fits_every_file_system(name, portable):
    assert portable_name(name) == portable


def test_a_long_name_is_cut_between_characters_and_stays_its_own():
    first, second = portable_name("犬" * 120), portable_name("犬" * 119 + "猫")
    assert first != second
    assert first.startswith("犬" * 60)
    assert all(MAX_BYTES - 4 < len(name.encode()) <= MAX_BYTES for name in (first, second))


def test_no_two_are_the_same_where_case_and_spelling_of_accents_do_not_count():
    names = ["A", "a", "a/b", "a:b", "é", "e\u0301", "_con", "con"]
    found = portable_names(names)
    assert found == ["A", "a (2)", "a_b", "a_b (2)", "é", "e\u0301 (2)", "_con", "_con (2)"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+", "-x", "@A1", "\t=1", "\r", "\n-", "'=x", "''@", "＝1"]
)
def test_no_spreadsheet_runs_a_cell_and_it_is_read_back_exactly(text):
    assert cell(text)[0] == "'"
    assert text_of(cell(text)) == text


@pytest.mark.parametrize("text", ["", "cat", "-0.5", "+7", "-1e-9", "'quoted'", "a=b", "don't"])
def test_what_is_no_formula_stays_as_it_is(text):
    assert cell(text) == text == text_of(cell(text))
