"""What every template of the repository keeps to."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ICONS = set((ROOT / "platform" / "frontend" / "icons.txt").read_text().split())
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = sorted((ROOT / "platform" / "frontend" / "js").rglob("*.js"))
REFUSED_BY_THE_POLICY = {
    "inline style": re.compile(r"<[^>]*\sstyle="),
    "inline event handler": re.compile(r"<[^>]*\son[a-z]+=", re.IGNORECASE),
    "inline script": re.compile(r"<script(?![^>]*(\bsrc=|application/json))", re.IGNORECASE),
    "javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "hx-on or a filter in brackets": re.compile(r"hx-on[:=]|hx-trigger=\"[^\"]*\["),
    "another host": re.compile(r"(src|href)=\"(https?:)?//(?!\{)", re.IGNORECASE),
}


def relative(path: Path) -> str:
    """Name a file in a test's id."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_template_holds_nothing_the_policy_refuses(template: Path) -> None:
    text = re.sub(r"\{% comment.*?endcomment %\}", "", template.read_text(), flags=re.DOTALL)
    found = [name for name, pattern in REFUSED_BY_THE_POLICY.items() if pattern.search(text)]
    assert found == []


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_icons_of_a_template_are_in_the_sprite(template: Path) -> None:
    text = template.read_text()
    named = set(re.findall(r'components/icon\.html" with name="([\w-]+)"', text))
    named |= set(re.findall(r'\b(?:action_)?icon="([\w-]+)"', text))
    assert named - ICONS == set(), "add them to platform/frontend/icons.txt"


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_icons_of_a_module_are_in_the_sprite(module: Path) -> None:
    named = set(re.findall(r'\bicon\("([\w-]+)"', module.read_text()))
    assert named - ICONS == set(), "add them to platform/frontend/icons.txt"


def test_the_checks_above_catch_what_they_are_for() -> None:
    bad = {
        "inline style": '<p class="x" style="color: red">',
        "inline event handler": '<a href="/" onclick="go()">',
        "inline script": "<script>alert(1)</script>",
        "javascript: address": '<a href="javascript:go()">',
        "hx-on or a filter in brackets": '<p hx-trigger="every 2s [visible()]">',
        "another host": '<script src="https://cdn.example.org/x.js">',
    }
    assert {name for name, html in bad.items() if REFUSED_BY_THE_POLICY[name].search(html)} == set(
        bad
    )
