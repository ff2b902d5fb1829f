"""The names of ImageNet's 1,000 classes, and of groups of them that people have words for.

`imagenet_classes.csv` has the names: for each class of ILSVRC 2012, in its order, the WordNet id
and the first word of its synset (WordNet 3.0, Princeton University). `imagenet_groups.csv` names
the first and last class of stretches of that order that one word stands for, such as *dog*.
"""

import csv
from functools import cache
from pathlib import Path

_CLASSES = Path(__file__).with_name("imagenet_classes.csv")
_GROUPS = Path(__file__).with_name("imagenet_groups.csv")


def class_names() -> list[str]:
    """Return the 1,000 names; a name that ImageNet gives to two classes gets its WordNet id."""
    pairs = [(row["wordnet_id"], row["name"]) for row in _rows(_CLASSES)]
    names = [name for _, name in pairs]
    return [f"{name} ({wnid})" if names.count(name) > 1 else name for wnid, name in pairs]


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Return the classes of each word that stands for several, by the word in lower case."""
    names = [row["name"] for row in _rows(_CLASSES)]
    unique = class_names()
    found: dict[str, tuple[str, ...]] = {}
    for row in _rows(_GROUPS):
        first, last = names.index(row["first"]), names.index(row["last"])
        for word in (row["group"], *filter(None, row["words"].split("|"))):
            found[word] = (*found.get(word, ()), *unique[first : last + 1])
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
