"""Which classes of a model one of a dataset may be, by their names alone: a person says which."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST = 12
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Suggestion:
    """Classes of a model that may be the class asked about, and what speaks for it, in words."""

    names: tuple[str, ...]
    why: str


class Suggestions:
    """What a class of another dataset may be among the classes ``known``.

    ``groups`` has words in lower case with the classes that they stand for; those of which a class
    is not known are left out.
    """

    def __init__(self, known: Sequence[str], groups: Mapping[str, Sequence[str]]) -> None:
        there = set(known)
        self._groups = {word: names for word, names in groups.items() if there.issuperset(names)}
        self._same: dict[str, list[str]] = defaultdict(list)
        self._having: dict[str, list[str]] = defaultdict(list)
        for name in known:
            self._same[_singular(name)].append(name)
            for word in {_singular(each) for each in _WORD.findall(name)}:
                self._having[word].append(name)

    def of(self, asked: str) -> list[Suggestion]:
        """Return what ``asked`` may be, the likeliest first.

        A group that has the name: a word for many things is no single one of them, though one may
        be called so (ImageNet's *plane* is a carpenter's). The class of the same name whatever the
        case; classes that have the name as a word.
        """
        word = _singular(asked)
        found = []
        group = tuple(self._groups.get(word, ()))
        if group:
            found.append(Suggestion(group, f"what “{asked}” stands for"))
        same = [name for name in self._same.get(word, ()) if name not in group]
        found += [Suggestion((name,), "the same name") for name in same]
        having = [
            name for name in self._having.get(word, ()) if name not in same and name not in group
        ]
        return found + [Suggestion((name,), "has the word") for name in having[:MOST]]


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
