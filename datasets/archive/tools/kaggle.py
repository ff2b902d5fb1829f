"""Tables of competitions and data sets at Kaggle: an id, mostly without an ending, and a class.

Two forms (https://www.kaggle.com/c/dog-breed-identification/data,
https://www.kaggle.com/c/plant-pathology-2020-fgvc7/data): one column that names the class
(`id,breed`), or a column of 0 and 1 for each class (`image_id,healthy,rust`). A
`sample_submission.csv` holds probabilities, which are no classes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from common.spreadsheets import text_of
from datasets.archive.csv_rows import Row
from datasets.archive.labels import Label
from datasets.archive.tools.addresses import path_of, stem_of
from datasets.archive.tools.export import give_classes, give_metadata, give_split

TOOL = "Kaggle"
CLASSES = (
    "label", "labels", "class", "class_name", "classname", "category", "target", "species", "breed",
    "diagnosis", "dx", "tag", "tags", "choice",
)  # fmt: skip
_SPLITS = ("split", "subset", "partition", "data_set", "dataset", "data set")
_MARKS = frozenset({"", "0", "1", "0.0", "1.0"})
_LEAST_FOUND = 0.5


@dataclass(frozen=True)
class Columns:
    """Which column of a table says what, by number; `marks` are those of 0 and 1."""

    file: int
    class_name: int | None
    marks: Sequence[int]
    split: int | None


class Unclear(ValueError):
    """The table names images of the archive, and does not say which column is the class."""


def is_submission(name: str) -> bool:
    """Whether a table is called as those that people fill with their answers."""
    return "submission" in name.rsplit("/", 1)[-1].casefold()


def columns_of(
    header: Sequence[str], rows: Sequence[Row], stems: Collection[str]
) -> Columns | None:
    """Return what the columns say, None for a table that names no images of the archive.

    `rows` are the first lines, `stems` the names of the archive's images without folders and
    endings, in small letters. Raises `Unclear`.
    """
    names = [name.strip().casefold() for name in header]
    numbers = range(len(names))
    values = [[row[n].strip() if n < len(row) else "" for _, row in rows] for n in numbers]
    file = _column_of_files(values, stems)
    if file is None or not rows:
        return None
    split = next((names.index(one) for one in _SPLITS if one in names), None)
    others = [n for n in numbers if n not in (file, split) and names[n]]
    named = [names.index(one) for one in CLASSES if one in names and names.index(one) in others]
    marks = [n for n in others if set(values[n]) <= _MARKS and set(values[n]) - {""}]
    if named:
        return Columns(file, named[0], (), split)
    if len(others) == 1:
        if _are_fractions(values[others[0]]):
            return None
        return Columns(file, others[0], (), split)
    if len(marks) > 1 and _one_hot(values, marks):
        return Columns(file, None, marks, split)
    if all(_are_fractions(values[n]) for n in others):
        return None
    raise Unclear(", ".join(header[n].strip()[:40] for n in others[:8]))


def read(header: Sequence[str], row: Row, columns: Columns) -> tuple[Label, int]:
    """Return the label of a line, and how many of its texts were too long for metadata."""
    number, values = row
    cells = [text_of(value.strip()) for value in values]
    cells += [""] * (len(header) - len(cells))
    label = Label(path_of(cells[columns.file]))
    if not label.file:
        label.file, label.absent = f"(line {number})", ("no_image", "The line names no image.")
    if columns.class_name is not None:
        give_classes(label, [cells[columns.class_name]])
    else:
        odd = next((cells[n] for n in columns.marks if cells[n] not in _MARKS), None)
        give_classes(label, [header[n] for n in columns.marks if cells[n] in ("1", "1.0")])
        if odd is not None:
            label.problem = ("bad_mark", f"A class is marked by 1 or 0; received “{odd[:40]}”.")
    if columns.split is not None:
        give_split(label, cells[columns.split])
    said = {columns.file, columns.class_name, columns.split, *columns.marks}
    rest = {header[n].strip(): cells[n] for n in range(len(header)) if n not in said}
    return label, give_metadata(label, rest)


def _column_of_files(values: Sequence[Sequence[str]], stems: Collection[str]) -> int | None:
    """Return the column most of whose values are names of images; the first where two are."""
    found = [
        sum(stem_of(value) in stems for value in column if value) / max(len(column), 1)
        for column in values
    ]
    best = max(found, default=0)
    return found.index(best) if best >= _LEAST_FOUND else None


def _one_hot(values: Sequence[Sequence[str]], marks: Sequence[int]) -> bool:
    """Whether most lines that mark a class mark one: columns of attributes mark several."""
    lines = range(len(values[0]))
    marked = [sum(values[n][line] in ("1", "1.0") for n in marks) for line in lines]
    return 2 * marked.count(1) > len(marked) - marked.count(0)


def _are_fractions(column: Sequence[str]) -> bool:
    """Whether a column holds numbers between 0 and 1 that are not all whole: probabilities."""
    try:
        numbers = [float(value) for value in column if value]
    except ValueError:
        return False
    return bool(numbers) and all(0 <= n <= 1 for n in numbers) and any(n % 1 for n in numbers)
