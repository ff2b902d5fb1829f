"""The files of models and runs of an archive on their way into the store."""

from collections.abc import Iterator

from backup.archive.open import Archive, Listed
from backup.archive.remap import Remap
from backup.errors import Refused
from classifier.engine.formats.facts import ModelFacts
from classifier.models import ModelVersion, TrainingRun
from classifier.models.model_version import SERVED_FILE
from classifier.registry.work.foreign_process import opened_apart
from common.fit import stored_fit
from datasets.services.intake.adopt_files import discard_files
from jobs.errors import JobFailed
from storage import durable
from storage.atomic import write_atomically
from storage.names import model_file_name, model_folder, run_file_name, run_folder
from storage.scratch import request_dir


def take_files(archive: Archive, remap: Remap, *, trusted: bool) -> Iterator[str]:
    """Store the files of models and runs that are taken; yield the name of each before it comes.

    Without `trusted` these are the files that serve. One that is there is what a deletion could not
    delete. Raises `Refused` for one that is damaged, or belongs to no row of the archive.
    """
    for file in archive.files:
        if "blob" in file.parts or not (trusted or file.parts.get("file") == SERVED_FILE):
            continue
        name = _name_here(file, remap)
        yield name
        durable.write(name, archive.blocks(file), synced=False)
    durable.sync()


def remove_files(names: list[str]) -> None:
    """Remove what was stored for rows that did not come."""
    contents = {name.rpartition("/")[2].removesuffix(".webp") for name in names if _of_image(name)}
    discard_files(contents)
    durable.delete_files(name for name in names if not _of_image(name))


def require_sound_models(archive: Archive, versions: list[dict]) -> None:
    """Have each served file looked at as one that was trained elsewhere, behind glass (ADR 49).

    `versions` are rows of model versions as the archive has them. Raises `Refused`.
    """
    facts = {values["id"]: values for values in versions}
    for file in archive.files:
        parts = file.parts
        if parts.get("file") != SERVED_FILE:
            continue
        version = facts.get(parts["version"])
        if version is None:
            raise Refused(f"{file.name} belongs to no version of the archive.")
        _require_sound(archive, file, version)


def _require_sound(archive: Archive, file: Listed, version: dict) -> None:
    config = version["config"]
    try:
        stated = ModelFacts(
            class_names=tuple(version["class_names"]),
            image_size=int(config["image_size"]),
            fit=stored_fit(config),
            preset=version["preset"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"{file.name}: its version does not say what goes in ({error!r}).") from error
    with request_dir() as folder:
        served = folder / SERVED_FILE
        write_atomically(served, archive.blocks(file), durable=False)
        asked = {"mode": "ask", "step": "Asking the converted file", "facts": stated.to_json()}
        try:
            opened_apart(served, asked, None, folder / "nothing", lambda step: None)
        except JobFailed as error:
            raise Refused(
                f"{file.name} is not taken: {error.detail} If you know who made the archive, and "
                "trust them with this machine, pass --trusted."
            ) from error


def _name_here(file: Listed, remap: Remap) -> str:
    parts = file.parts
    last = file.name.rpartition("/")[2]
    if "version" in parts:
        new = remap.id(ModelVersion, parts["version"])
        name = new and model_file_name(new, last)
    else:
        new = remap.id(TrainingRun, parts["run"])
        name = new and run_file_name(new, last)
    if not name:
        raise Refused(f"{file.name} belongs to no row of the archive.")
    return name


def _of_image(name: str) -> bool:
    return not name.startswith((model_folder("")[:7], run_folder("")[:5]))
