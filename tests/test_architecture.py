"""`docs/architecture.md` says what is so: its folders are there, its orders are the linter's."""

import re
import tomllib

import pytest

from tests.servers import REPOSITORY_DIR

PAGE = (REPOSITORY_DIR / "docs" / "architecture.md").read_text()
CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads((REPOSITORY_DIR / "pyproject.toml").read_text())["tool"][
        "importlinter"
    ]["contracts"]
}
# Folders whose every folder the page lists.
WHOLE = ("platform", "datasets", "datasets/services", "classifier", "classifier/engine")
# What Django names, and what is no room.
UNLISTED = {"migrations", "management", "templatetags", "__pycache__", "node_modules"}


def listed_paths() -> list[str]:
    block = PAGE.partition("## The folders")[2].partition("\n**")[0]
    paths, parents = [], []
    for line in block.splitlines():
        if entry := re.match(r"    ( *)([\w./]+)  ", line):
            depth = len(entry[1]) // 2
            parents[depth:] = [entry[2].rstrip("/")]
            paths.append("/".join(parents))
    return paths


def order_of(words: str) -> list[set[str]]:
    return [set(re.findall(r"\w+", level)) for level in words.split(">")]


def order_on_page(name: str) -> list[set[str]]:
    line = re.search(rf"^- {name}: `([^`]+)`", PAGE, re.MULTILINE)
    assert line is not None
    return order_of(line[1])


def order_of_contract(name: str) -> list[set[str]]:
    return order_of(" > ".join(CONTRACTS[name]["layers"]))


def test_every_folder_on_the_page_is_there():
    assert len(listed_paths()) > 40
    assert [path for path in listed_paths() if not (REPOSITORY_DIR / path).exists()] == []


@pytest.mark.parametrize("folder", WHOLE)
def test_every_folder_that_is_there_is_on_the_page(folder):
    there = {
        f"{folder}/{path.name}"
        for path in (REPOSITORY_DIR / folder).iterdir()
        if path.is_dir() and path.name not in UNLISTED and any(path.rglob("*.*"))
    }
    assert sorted(there - set(listed_paths())) == []


@pytest.mark.parametrize(
    ("on_page", "contract"),
    [
        ("Apps", "No arrow points up"),
        ("Rooms", "The order of the rooms"),
        ("Engine", "The order of the engine"),
        ("Inside an app or a room", "Inside an app and a room: translate, write, read"),
        ("Shelves", "The shelves of the datasets' services"),
    ],
)
def test_the_orders_are_those_that_the_linter_checks(on_page, contract):
    """The page leaves out whole levels of small modules; the order of the others is the same."""
    page, checked = order_on_page(on_page), order_of_contract(contract)
    named = set.union(*page)
    assert page == [level & named for level in checked if level & named]
