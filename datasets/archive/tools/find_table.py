"""Finding the table of a competition that says the classes of an archive's images."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets.archive.labels import Label
from datasets.archive.member import Member
from datasets.archive.names import looks_like_image, may_be_image, split_hinted, split_of_folder
from datasets.archive.readings import KAGGLE
from datasets.archive.tools import kaggle
from datasets.archive.tools.addresses import stem_of
from datasets.archive.tools.export import Export, sentences, too_long_texts
from datasets.archive.tools.files import Files, look_into, passed_over
from datasets.archive.tools.in_tables import first_rows, table_rows
from datasets.errors import ArchiveRefused

_LOOKED_AT = 2_000


@dataclass(frozen=True)
class NoTable:
    """Why none was taken of the tables that name the images: a sentence, '' for no table."""

    why: str = ""


@dataclass(frozen=True)
class _Table:
    member: Member
    header: list[str]
    columns: kaggle.Columns


def find_table(files: Files, encoding: str) -> Export | NoTable:
    """Return what the only table says that names the archive's images, or why there is none.

    Several tables are taken together if their columns are the same (`train.csv`, `test.csv`).
    Raises `ArchiveRefused` for a table that cannot be read.
    """
    stems = {stem_of(m.name) for m in files.members if may_be_image(m.name)}
    unclear: list[str] = []

    def look(member: Member) -> _Table | None:
        try:
            return _table(files, member, stems)
        except kaggle.Unclear as error:
            unclear.append(f"“{member.name}” names images, and does not say which of its columns "
                           f"({error}) is the class.")  # fmt: skip
            return None

    tables = [m for m in files.ending(".csv", ".tsv") if not kaggle.is_submission(m.name)]
    found: list[_Table] = [table for _, table in look_into(tables, look)]
    if len({tuple(table.header) for table in found}) == 1:
        export = _export(files, found, encoding)
        export.notes += sentences(passed_over(tables))
        return export
    if found:
        named = " and ".join(f"“{table.member.name}”" for table in found[:4])
        return NoTable(f"{named} name images in different columns: leave one of them in.")
    return NoTable(f"{unclear[0]} Call that one “label”." if unclear else "")


def _table(files: Files, member: Member, stems: set[str]) -> _Table | None:
    rows = first_rows(files, member, _LOOKED_AT)
    if len(rows) < 2:
        return None
    header = [name.strip() for name in rows[0][1]]
    columns = kaggle.columns_of(header, rows[1:], stems)
    return _Table(member, header, columns) if columns else None


def _export(files: Files, tables: Sequence[_Table], encoding: str) -> Export:
    export = Export(kaggle.TOOL, KAGGLE, [table.member for table in tables], [])
    too_long = 0
    for table in tables:
        split = split_of_folder(_stem(table.member)) or ""
        rows = table_rows(files, table.member, encoding, export)
        header = [name.strip() for name in next(rows, (0, []))[1]]
        # Read in the code page, a header may differ from what was looked at.
        if len(header) != len(table.header):
            raise ArchiveRefused(f"“{table.member.name}” cannot be read.", code="bad_table")
        for row in rows:
            label, long = kaggle.read(header, row, table.columns)
            label.split = label.split or (split if len(tables) > 1 else "")
            too_long += long
            files.add(export, table.member, [label])
    export.split = split_hinted(_stem(tables[0].member)) or "" if len(tables) == 1 else ""
    named = {label.class_name for label in export.labels} - {""}
    export.notes = sentences(
        _said(tables[0]),
        "Its classes are numbers: name them below."
        if named and all(map(str.isdecimal, named))
        else "",
        too_long_texts(too_long),
    )
    return export


def _stem(table: Member) -> str:
    return table.name.rsplit("/", 1)[-1].rpartition(".")[0]


def _said(table: _Table) -> str:
    columns = table.columns
    file = table.header[columns.file]
    if columns.class_name is None:
        return (
            f"The column “{file}” names the images; {len(columns.marks)} columns of 0 and 1 are "
            "the classes."
        )
    return f"The column “{file}” names the images, “{table.header[columns.class_name]}” the class."


def agrees_with_folders(export: Export, names: Sequence[str]) -> bool:
    """Whether each label's class and split are folders of its file, and the table says no more."""
    folders: dict[str, set[str]] = {}
    for name in names:
        if looks_like_image(name):
            parts = name.casefold().split("/")
            folders.setdefault(stem_of(name), set()).update(parts[:-1])
    known = [label for label in export.labels if stem_of(label.file) in folders]
    return bool(known) and all(_agrees(label, folders[stem_of(label.file)]) for label in known)


def _agrees(label: Label, folders: set[str]) -> bool:
    """Whether these folders, in small letters, say all that the label does."""
    if label.metadata or label.problem or label.class_name.casefold() not in folders:
        return False
    return not label.split or label.split in map(split_of_folder, folders)
