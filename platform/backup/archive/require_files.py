"""That an archive has the files that its rows need, and no image that no row names."""

from collections.abc import Iterator
from typing import Any

from backup.archive.open import Archive, Listed
from backup.archive.remap import Remap
from backup.errors import Refused
from classifier.models import Decision, FastMode, ModelExport, ModelVersion
from classifier.models.decision import REFERENCES_FILE
from classifier.models.fast_mode import FAST_FILE
from classifier.models.model_version import SERVED_FILE
from datasets.models import Forgetting, Image
from storage.names import model_file_name

_Named = tuple[str, Any]


def require_files(archive: Archive, remap: Remap, *, trusted: bool) -> None:
    """Raise `Refused` where a file is missing, is another than its row says, or is of no image.

    The store is shared by content: a row that names an image's hash would show the image of
    whichever organization has it.
    """
    listed = {file.name: file for file in archive.files}
    _require_images(archive, remap)
    for name, said in _of_models(archive, trusted):
        file = listed.get(name)
        if file is None:
            raise Refused(f"{name} is not in the archive, and rows need it.")
        facts = said if isinstance(said, dict) else {}
        if (facts.get("sha256"), facts.get("bytes")) != (file.sha256, file.bytes):
            raise Refused(f"{name} is not the file that its row says.")


def _require_images(archive: Archive, remap: Remap) -> None:
    needed = {}
    for row in archive.named_rows(Image):
        if remap.id(Forgetting, str(row.get("forgetting_id"))) is None:
            needed[str(row["sha256"])] = row["bytes"]
    images: list[Listed] = [file for file in archive.files if "blob" in file.parts]
    for file in images:
        if file.sha256 not in needed:
            raise Refused(f"{file.name} is in the archive, and no image is it.")
        if needed.pop(file.sha256) != file.bytes:
            raise Refused(f"{file.name} has another size than its image.")
    if needed:
        raise Refused(f"The archive has an image {min(needed)[:64]} without its file.")


def _of_models(archive: Archive, trusted: bool) -> Iterator[_Named]:
    """Yield the files that rows of models name, as far as they are taken, with what these say."""
    for row in archive.named_rows(ModelVersion):
        files = row["files"]
        if not isinstance(files, dict) or not (trusted or SERVED_FILE in files):
            raise Refused(f"The model version {row['id']} of the archive has no {SERVED_FILE}.")
        names = files if trusted else [SERVED_FILE]
        yield from ((model_file_name(row["id"], name), files[name]) for name in names)
    if trusted:
        yield from _of_outcomes(archive)


def _of_outcomes(archive: Archive) -> Iterator[_Named]:
    for row in archive.named_rows(FastMode):
        yield model_file_name(row["model_version_id"], FAST_FILE), row["file"]
    for row in archive.named_rows(ModelExport):
        file = row["file"]
        name = file.get("name") if isinstance(file, dict) else None
        yield model_file_name(row["model_version_id"], str(name)), file
    for row in archive.named_rows(Decision):
        if row["references"] is not None:
            yield model_file_name(row["model_version_id"], REFERENCES_FILE), row["references"]
