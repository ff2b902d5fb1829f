"""ImageNet as lists, which CVAT and Datumaro export: `<subset>.txt` with `synsets.txt`.

https://docs.cvat.ai/docs/dataset_management/formats/format-imagenet/ and
https://openvinotoolkit.github.io/datumaro/stable/docs/data-formats/formats/imagenet.html: each line
names an image and the numbers of its classes, which `synsets.txt` lists from 0 on.
"""

import re
from collections.abc import Iterable

from datasets.archive.labels import Label
from datasets.archive.names import split_of_folder
from datasets.archive.tools.addresses import path_of
from datasets.archive.tools.export import give_classes

TOOL = "CVAT (ImageNet)"
CLASSES_FILE = "synsets.txt"
# A name with spaces stands in quotation marks, sometimes without its ending: "a b".jpg 0
_LINE = re.compile(
    r'(?:"(?P<quoted>[^"]+)"(?P<ending>\S*)|(?P<plain>\S+))(?P<numbers>(?:\s+\d{1,6})*)\s*'
)


def class_names(text: str) -> list[str]:
    """Return the classes of a `synsets.txt`, by their numbers."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def is_list(text: str) -> bool:
    """Whether the first lines of a text are names of images with numbers."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    matches = [_LINE.fullmatch(line.strip()) for line in lines]
    return bool(lines) and all(matches) and any(match and match["numbers"] for match in matches)


def read(name: str, lines: Iterable[str], classes: list[str]) -> list[Label]:
    """Return a label for each line of the list, in the split that its name says."""
    split = split_of_folder(name.rsplit("/", 1)[-1].rpartition(".")[0]) or ""
    return [_label(line.strip(), classes, split) for line in lines if line.strip()]


def _label(line: str, classes: list[str], split: str) -> Label:
    match = _LINE.fullmatch(line)
    if match is None:
        return Label(line[:200], absent=("bad_line", "The line is no name with numbers."))
    quoted = match["quoted"]
    label = Label(path_of(quoted + match["ending"] if quoted else match["plain"]), split=split)
    numbers = [int(number) for number in match["numbers"].split()]
    if any(number >= len(classes) for number in numbers):
        label.problem = (
            "unknown_label",
            f"It has a class that {CLASSES_FILE} does not list: {max(numbers)}.",
        )
    else:
        give_classes(label, [classes[number] for number in numbers])
    return label
