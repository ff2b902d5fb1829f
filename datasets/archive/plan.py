"""What to do with each file of an archive, under one reading of its folders or tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from datasets.archive.entry_names import storable
from datasets.archive.folders import FolderReading, Path
from datasets.archive.inspection import NotTaken
from datasets.archive.labels import Label, Match
from datasets.archive.member import Member
from datasets.archive.names import clean_class_name, looks_like_image, split_of_path


@dataclass(slots=True)
class Candidate:
    """A file that shall become an image; `name` is as in the archive, without enclosing folder."""

    member: Member
    name: str
    class_name: str = ""
    split: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class Plan:
    """The files to try and those left out: together all but the tables that were read."""

    candidates: list[Candidate] = field(default_factory=list)
    not_taken: list[NotTaken] = field(default_factory=list)

    def skip(self, name: str, code: str, detail: str) -> None:
        """Leave a file out without fault."""
        self._leave_out(name, "skipped", code, detail)

    def rename(self, mapping: Mapping[str, str | None]) -> None:
        """Give classes other names, two the same one to merge them; None leaves a class out."""
        kept = []
        for candidate in self.candidates:
            name = candidate.class_name
            named = mapping.get(name, name)
            if named is None:
                self.skip(candidate.name, "class_left_out", f"The class “{name}” was left out.")
                continue
            candidate.class_name = named
            kept.append(candidate)
        self.candidates = kept

    def reject(self, name: str, code: str, detail: str) -> None:
        """Leave a file out that a person should look at."""
        self._leave_out(name, "rejected", code, detail)

    def _leave_out(self, name: str, outcome: str, code: str, detail: str) -> None:
        # Names out of JSON may hold anything, and a database does not.
        self.not_taken.append(NotTaken(storable(name), outcome, code, storable(detail)))


def plan_by_folders(
    members: Sequence[Member], reading: FolderReading, with_images: set[Path]
) -> Plan:
    """Place every file by its folder; `with_images` are the folders that the reading is made of."""
    plan = Plan()
    prefix = "".join(f"{name}/" for name in reading.base)
    cut = len(prefix)
    known: dict[str, tuple[str, str, str]] = {}
    for member in members:
        folder, _, _ = member.name.rpartition("/")
        name = member.name[cut:] if member.name.startswith(prefix) else member.name
        if folder not in known:
            known[folder] = _place(tuple(folder.split("/")) if folder else (), reading, with_images)
        problem, split, class_name = known[folder]
        if problem == _OUTSIDE:
            plan.reject(
                name,
                "outside_split_folders",
                "Stands outside the folders train, validation and test that the archive uses. "
                "Move it into one of them.",
            )
        elif problem == _NOWHERE or (not class_name and not looks_like_image(name)):
            plan.skip(name, "not_in_a_class", _not_in_a_class(name))
        elif problem:
            plan.reject(name, "bad_class_name", f"{problem} Rename the folder.")
        else:
            plan.candidates.append(Candidate(member, name, class_name, split))
    return plan


_OUTSIDE, _NOWHERE = "outside", "nowhere"


def _place(folder: Path, reading: FolderReading, with_images: set[Path]) -> tuple[str, str, str]:
    """Return (problem, split, class name) of the files in a folder."""
    around = folder
    while around not in reading.places:
        if around in with_images:
            return _OUTSIDE, "", ""
        if not around:
            return _NOWHERE, "", ""
        around = around[:-1]
    split, class_name = reading.places[around]
    try:
        return "", split, clean_class_name(class_name) if class_name else ""
    except ValueError as error:
        return str(error), "", ""


def _not_in_a_class(name: str) -> str:
    if name.casefold().endswith((".csv", ".tsv")):
        return (
            "Not an image and in no class folder. A table is read when it is called labels.csv "
            "and has the columns file and class_name."
        )
    return "Not an image and in no class folder."


def plan_by_labels(
    files: Mapping[str, Member],
    labels: Iterable[Label],
    match: Match,
    source: str,
    *,
    keeps_others: bool = False,
) -> Plan:
    """Place every file by what a table says; `source` is what people know the table as.

    Images that it does not name are left out, or come without a class (`keeps_others`).
    """
    plan = Plan()
    unlisted = dict(files)
    missing = (
        "missing_file",
        f"{source} names this file. It is not in the archive. Add the file or take the line out.",
    )
    for label, name in zip(labels, match.files, strict=True):
        if name is None:
            known = (label.absent[0], f"{source}: {label.absent[1]}") if label.absent else missing
            plan.reject(label.file[:500] or "(no name)", *known)
            continue
        member = unlisted.pop(name)
        if label.problem:
            plan.reject(name, label.problem[0], f"{source}: {label.problem[1]}")
        else:
            plan.candidates.append(
                Candidate(member, name, label.class_name, label.split, label.metadata)
            )
    for name, member in unlisted.items():
        if keeps_others and looks_like_image(name):
            plan.candidates.append(Candidate(member, name, "", split_of_path(name)))
        else:
            plan.skip(name, "not_in_labels_csv", f"{source} does not name this file.")
    return plan
