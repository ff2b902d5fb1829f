"""Which classes of a model one of a dataset may be, by their names alone: a person says which."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST = 12


@dataclass(frozen=True)
class Suggestion:
    """Classes of a model that may be the class asked about, and what speaks for it, in words."""

    names: tuple[str, ...]
    why: str


def suggestions(
    asked: str, known: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> list[Suggestion]:
    """Return what ``asked`` may be among the classes ``known``, the likeliest first.

    The class of the same name whatever the case; a group that has the name, of ``groups``, words
    in lower case with classes that all are known; classes that have the name as a word.
    """
    word = _singular(asked)
    same = [name for name in known if _singular(name) == word]
    found = [Suggestion((name,), "the same name") for name in same]
    group = tuple(groups.get(word, ()))
    if group and set(group) <= set(known):
        found.append(Suggestion(group, f"what “{asked}” stands for"))
    else:
        group = ()
    pattern = re.compile(rf"\b{re.escape(word)}s?\b", re.IGNORECASE) if word else None
    having = [
        name
        for name in known
        if pattern and pattern.search(name) and name not in same and name not in group
    ]
    found += [Suggestion((name,), "has the word") for name in having[:MOST]]
    return found


def search(query: str, known: Sequence[str], most: int = 20) -> list[str]:
    """Return the classes that hold the query, whatever the case: those that begin with it first."""
    wanted = query.strip().casefold()
    if not wanted:
        return []
    having = [name for name in known if wanted in name.casefold()]
    return sorted(having, key=lambda name: not name.casefold().startswith(wanted))[:most]


def _singular(name: str) -> str:
    words = re.sub(r"[\s_-]+", " ", name).strip().casefold()
    return words[:-1] if len(words) > 3 and words.endswith("s") and words[-2] != "s" else words
