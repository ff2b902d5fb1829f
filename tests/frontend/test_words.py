"""One word per concept on every page, and a question mark beside the field's own words."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

TEMPLATES = Path(__file__).parents[2] / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html")) + sorted(TEMPLATES.rglob("*.txt"))
WORDS = sorted(path.stem for path in (TEMPLATES / "glossary").iterdir())
FORBIDDEN = {
    r"\bteams?\b": "organization",
    r"\bchampions?\b": "live (champion is the word of the API alone)",
    r"\bpromot\w+": "make live",
    r"\btrainings\b": "runs (a run is one fit, training the activity, a job any background work)",
    r"Hello from": "Hello",
}
EXPLAINED = r"Digest|Support|Macro F1|Weighted F1|Log loss|Top-5 accuracy|Parity"


def said(template: str) -> str:
    """What a template shows: its text, and the words that it hands to components."""
    text = re.sub(r"{% comment %}.*?{% endcomment %}", "", template, flags=re.DOTALL)
    handed = re.findall(r'\b(?:title|text|label|hint|detail)="([^"]*)"', text)
    shown = re.sub(r"{%.*?%}|{{.*?}}", " ", text)
    attributes = re.findall(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"', shown)
    return " ".join([re.sub(r"<[^>]*>", " ", shown), *handed, *attributes])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_page_uses_the_words_that_were_agreed(path):
    template = path.read_text()
    words = said(template)
    found = {
        match[0]: instead
        for pattern, instead in FORBIDDEN.items()
        for match in re.finditer(pattern, words, re.IGNORECASE)
    }
    assert found == {}
    bare = re.findall(rf">\s*({EXPLAINED})\s*</", template)
    unexplained = [
        include
        for include in re.findall(r"{% include \"components/stat.html\".*?%}", template)
        if re.search(rf'label="({EXPLAINED})"', include) and "term=" not in include
    ]
    assert bare + unexplained == []


@pytest.mark.parametrize("term", WORDS)
def test_an_explanation_is_a_button_with_a_popover(term):
    context = {"title": "Macro F1", "id": "explain-1", "text_template": f"glossary/{term}.html"}
    html = render_to_string("components/explain.html", context)
    assert re.search(
        r'<button[^>]* popovertarget="explain-1" aria-label="What is Macro F1\?"', html
    )
    assert re.search(r'id="explain-1" popover role="note"', html)
    text = (TEMPLATES / "glossary" / f"{term}.html").read_text().strip()
    assert 40 < len(text) < 320
    assert text in html
