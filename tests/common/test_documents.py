"""A document reads the same in every format, and no text of people's does anything there."""

import re

import pytest
from django.template.loader import render_to_string
from django.utils import timezone
from markdown_it import MarkdownIt

from common.documents.answers import as_html
from common.documents.markdown import as_markdown, escaped, escaped_line
from common.documents.parts import (
    Document,
    Elsewhere,
    Facts,
    Figure,
    Items,
    Section,
    Statement,
    Table,
    Words,
)
from common.documents.serializers import as_json
from common.documents.texts import checked_text
from common.errors import Invalid

HOSTILE = [
    "<img src=x onerror=alert(1)>", "| x", "a|b\\|c\\", "`rm -rf`", "```", "# heading", "- item",
    "+ item", "1. item", "12) item", "> quote", "---", "===", "* * *", "**bold**", "_it_", "~~no~~",
    "[link](javascript:alert(1))", "![picture](https://evil.example/x.png)", "<https://evil.example>",
    "https://evil.example", "www.evil.example", "x@evil.example", "&lt;b&gt;", "&copy;", "$x$",
    "a\nb", "<script>alert(1)</script>", "\\", "</td></table>", "| --- |", "{{ x }}", "{% x %}",
    "C #", "C ##", "<!-- x -->", "[x]: https://evil.example", "C:\\new", "\t code",
]  # fmt: skip
ALLOWED = {"h1", "h2", "h3", "p", "ul", "li", "strong", "em", "br", "table", "thead", "tbody", "tr",
           "th", "td"}  # fmt: skip


def document(*parts, title="A title") -> Document:
    sections = [Section("one", title, parts)]
    return Document("test", title, title, {"id": "1"}, timezone.now(), sections)


def rendered(markdown: str) -> str:
    """HTML as a reader of Markdown makes it that allows HTML and links addresses."""
    parser = MarkdownIt("gfm-like", {"linkify": False}).enable("table")
    return parser.render(markdown)


def said(html: str) -> str:
    from html import unescape

    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_typed_reads_as_typed_and_does_nothing(text):
    table = Table("T", ["Class", "Images"], [[text, Figure("1", 1)], [text, Figure("2", 2)]],
                  frozenset({1}))  # fmt: skip
    parts = [Words(text), Facts([(text, text)]), Items([text]), table,
             Statement("limits", text, text), Elsewhere(text, text, "/"),
             Statement("limits", "T", "?", f"{text}\n{text}\n\n{text}", text, timezone.now()),
             Statement("limits", "T", "?", text, text, timezone.now(), text)]  # fmt: skip
    whole = document(*parts, title=text)
    html = rendered(as_markdown(whole))
    assert set(re.findall(r"<(\w+)", html)) <= ALLOWED
    # As many rows and cells as there are.
    assert (html.count("<table>"), html.count("<tr>"), html.count("<td")) == (1, 3, 4)
    flat = " ".join(text.split())
    assert said(html).count(flat) >= 12
    for page in (as_html(whole), render_to_string("documents/page.html", {"document": whole})):
        assert "<img" not in page
        assert "<script" not in page
        assert page.count("<td") == 4
        assert said(page).count(flat) >= 8


def test_addresses_are_no_links_where_a_reader_makes_links_of_them():
    for text in ("https://evil.example/a", "www.evil.example", "me@evil.example"):
        assert not re.search(r"://|www\.|\w@\w", escaped(text))


def test_a_line_of_a_text_starts_no_list():
    assert escaped_line("- a") == "\\- a"
    assert escaped_line("3. a") == "3\\. a"
    assert escaped_line("2024 was warm") == "2024 was warm"


def test_all_formats_have_the_same_figures_and_gaps():
    whole = document(
        Facts([("Images", Figure("1,797", 1797)), ("By", "ada")]),
        Table("By class", ["Class", "F1"], [["cat", Figure("98.3 %", 0.98333)]], frozenset({1})),
        Statement("limits", "Limits", "Where does it fail?"),
        Statement("uses", "Uses", "What for?", "Count.", "ada", timezone.now(), "version 1"),
        Statement("contact", "Contact", "Who?", "Ada.", "ada", timezone.now()),
        Elsewhere("Licence", "the licence is not stated.", "/datasets/"),
        Words("Seen.", warning=True),
    )
    body = as_json(whole)
    assert body["gaps_left"] == 3
    assert [gap["field"] for gap in body["gaps"]] == ["limits", "uses", None]
    cells = body["sections"][0]["parts"][1]["rows"][0]
    assert cells == [{"text": "cat", "value": None}, {"text": "98.3 %", "value": 0.98333}]
    assert whole.proposals == 1
    for text in (said(rendered(as_markdown(whole))), said(as_html(whole))):
        assert "3 gaps left" in text
        assert "1,797" in text
        assert "98.3 %" in text
        assert "To be filled in by a person: Where does it fail?" in text
        assert "Carried over from version 1" in text
        assert text.count("To be filled in by a person") == 2


def test_the_html_needs_nothing_beside_it():
    page = as_html(document(Words("x")))
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import", page)
    assert page.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("text", ["a\u202eb", "a\x07b", "x" * 5001])
def test_a_text_that_cannot_be_read_is_refused(text):
    with pytest.raises(Invalid) as refused:
        checked_text("limits", text)
    assert refused.value.errors[0].pointer == "/limits"


def test_a_text_is_kept_with_plain_line_breaks():
    assert checked_text("limits", " a\r\nb\rc\t ") == "a\nb\nc"
