"""Which names look like one another: their skeletons, as Unicode's UTS #39 makes them.

The table of confusable characters is Unicode's own (confusables.txt, in confusable_homoglyphs).
"""

import unicodedata
from functools import cache

from confusable_homoglyphs import confusables

# The library has kept the marks that the file writes around letters which run to the left.
_MARK = "\u200e"


def skeleton(name: str) -> str:
    """Return what the name looks like: names with the same skeleton pass for each other.

    Each character is replaced by the one that stands for all that look like it (UTS #39, 4), then
    upper and lower case are made one: our names differ in more than case. A skeleton is no name.
    """
    prototypes = _prototypes()
    letters = (prototypes.get(letter, letter) for letter in unicodedata.normalize("NFD", name))
    return unicodedata.normalize("NFD", "".join(letters)).casefold()


@cache
def _prototypes() -> dict[str, str]:
    """Return the prototype of each character that has one; some are several characters.

    The library lists for each character those that look like it, in both directions: a prototype
    with all that lead to it, and each of these with the prototype alone.
    """
    alike: dict[str, set[str]] = {}
    for character, others in confusables.confusables_data.items():
        found = alike.setdefault(character.strip(_MARK), set())
        found.update(other["c"].strip(_MARK) for other in others)
    prototypes = {}
    for character, others in alike.items():
        if len(character) == 1 and len(others) == 1:
            (other,) = others
            if len(alike.get(other, ())) > 1 or (len(other), other) > (1, character):
                prototypes[character] = other
    return prototypes
