"""`_classes.csv`: Roboflow's export of classifications, one in each folder of a split.

A column `filename`, then one column per class that holds 1 or 0.
"""

from datasets.archive.csv_rows import MOST_LINES, NotTable, csv_rows
from datasets.archive.labels import Label
from datasets.archive.names import clean_class_name
from datasets.errors import ArchiveRefused

NAME = "_classes.csv"


def parse(content: bytes, encoding: str = "", most: int = MOST_LINES) -> list[Label]:
    """Return the lines; one with several classes has a problem, one with none has no class.

    Raises `ArchiveRefused` (`bad_classes_csv`) for a file that cannot be read as such a table, or
    has over `most` lines.
    """
    try:
        rows = csv_rows(content, encoding, most=most)
        header = [column.strip() for column in next(rows, (0, []))[1]]
        if len(header) < 2 or header[0].casefold() != "filename":
            raise NotTable(f"needs the column filename and one per class; received {header[:8]}")
        try:
            classes = [clean_class_name(name) for name in header[1:]]
        except ValueError as error:
            raise NotTable(f"has a column that names no class: {error}") from None
        return [_label(row, classes) for _, row in rows]
    except NotTable as error:
        raise _refused(str(error)) from None


def _label(row: list[str], classes: list[str]) -> Label:
    label = Label(file=row[0].strip())
    marks = [value.strip() for value in row[1:]]
    odd = [mark for mark in marks if mark not in ("", "0", "1", "0.0", "1.0")]
    named = [name for name, mark in zip(classes, marks, strict=False) if mark in ("1", "1.0")]
    if odd:
        label.problem = ("bad_mark", f"A class is marked by 1 or 0; received “{odd[0][:40]}”.")
    elif len(named) > 1:
        label.problem = (
            "several_classes",
            f"It has {len(named)} classes ({', '.join(named)[:120]}); Loupe gives an image one.",
        )
    elif named:
        label.class_name = named[0]
    return label


def _refused(what: str) -> ArchiveRefused:
    return ArchiveRefused(
        f"{NAME} {what}.",
        code="bad_classes_csv",
        hint="Export again as “Folder structure” or as multi-class classification.",
    )
