"""Tools whose exports are folders of classes: by what they are known, and what their names mean.

- Roboflow (https://docs.roboflow.com/datasets/dataset-versions/exporting-data) adds
  `README.roboflow.txt` and calls each file `<original>_jpg.rf.<hash>.jpg`; augmented copies of one
  picture share the original.
- CVAT's ImageNet (https://docs.cvat.ai/docs/dataset_management/formats/format-imagenet/) has a
  folder `no_label` for images without a class.
- Teachable Machine's *Download Samples* makes `<class>-samples.zip` for each class
  (https://github.com/googlecreativelab/teachablemachine-community/issues/38).
"""

import re
from collections.abc import Iterable, Sequence

from datasets.archive.member import Member
from datasets.archive.plan import Candidate
from datasets.archive.tools.export import counted

ROBOFLOW = "Roboflow"
CVAT = "CVAT (ImageNet)"
TEACHABLE_MACHINE = "Teachable Machine"
# The metadata under which Loupe keeps which picture a file is an augmented copy of.
ORIGINAL = "original_image"
NO_LABEL = "no_label"
SAMPLES = "-samples"
_ROBOFLOW_FILES = frozenset({"readme.roboflow.txt", "readme.dataset.txt"})
_AUGMENTED = re.compile(r"(?P<original>.+)\.rf\.[0-9A-Za-z]{8,64}\.[A-Za-z]{3,4}")


def tool_of(members: Iterable[Member], classes: Iterable[str]) -> str:
    """Return the tool that made these folders, or '' for none that can be told."""
    names = set(classes)
    if any(member.name.rsplit("/", 1)[-1].casefold() in _ROBOFLOW_FILES for member in members):
        return ROBOFLOW
    if names and all(name.endswith(SAMPLES) and name != SAMPLES for name in names):
        return TEACHABLE_MACHINE
    return CVAT if NO_LABEL in names else ""


def class_of_samples(archive_name: str) -> str:
    """Return the class whose samples an archive holds by its name, '' for another name."""
    stem, dot, ending = archive_name.rpartition(".")
    named = stem.endswith(SAMPLES) and ending.casefold() == "zip"
    return stem.removesuffix(SAMPLES).strip() if dot and named else ""


def translate(tool: str, candidates: Sequence[Candidate]) -> str:
    """Give the classes the names that the tool has for them; return what is to be known.

    Empty where nothing was changed.
    """
    if tool == TEACHABLE_MACHINE:
        for candidate in candidates:
            candidate.class_name = candidate.class_name.removesuffix(SAMPLES)
        return "The end “-samples” of each folder’s name is left out."
    if tool == CVAT:
        without = [one for one in candidates if one.class_name == NO_LABEL]
        for candidate in without:
            candidate.class_name = ""
        return counted(
            len(without),
            f"1 image stands in “{NO_LABEL}”, CVAT’s folder for images without a class: it comes "
            "without one.",
            f"{{count}} images stand in “{NO_LABEL}”, CVAT’s folder for images without a class: "
            "they come without one.",
        )
    return ""


def note_originals(candidates: Sequence[Candidate]) -> str:
    """Keep with Roboflow's files the picture that each was made of; return a sentence.

    Empty where no two files are of one picture: another import may bring its other copies. Pictures
    of two classes may have the same name, so the class is part of what is kept.
    """
    made_of: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if match := _AUGMENTED.fullmatch(candidate.name.rsplit("/", 1)[-1]):
            picture = f"{candidate.class_name}/{match['original']}".lstrip("/")[:200]
            made_of.setdefault(picture, []).append(candidate)
            candidate.metadata = {**candidate.metadata, ORIGINAL: picture}
    several = [files for files in made_of.values() if len(files) > 1]
    if not several:
        return ""
    copies = sum(map(len, several))
    made = counted(len(several), "1 picture", "{count} pictures")
    return (
        f"{copies:,} files are augmented copies that Roboflow made of {made}. "
        f"Their column {ORIGINAL} says of which, and a grouped split keeps them together."
    )
