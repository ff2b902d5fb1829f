"""Make a version of a foreign model: opened apart, checked, tried, registered."""

import math
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from classifier.engine.files import facts_of, sha256_of
from classifier.engine.foreign.scaling import Input
from classifier.engine.foreign.stated import Stated
from classifier.engine.foreign.stating import remarks
from classifier.engine.foreign.trial import judge_trial
from classifier.engine.formats.facts import FOREIGN_FILE, IMPORTED, ONNX_FILE, ModelFacts
from classifier.engine.libraries import library_versions
from classifier.engine.samples import pixels_of
from classifier.failures import engine_failures
from classifier.models import ModelImport
from classifier.registry import kinds
from classifier.registry.selectors.model_imports import trial_images
from classifier.registry.services.importing.register_imported import (
    ImportedFiles,
    register_imported,
)
from classifier.registry.work.foreign_process import opened_apart
from datasets.decoding.pixels.store import open_pixels
from jobs.handlers import JobContext, JobFailed, cleans_up, handles
from jobs.models import Job
from storage import durable
from storage.atomic import link_or_copy
from storage.names import model_upload_name

# The network is asked about each once for every scaling.
_TRIAL_IMAGES = 32


@handles(kinds.IMPORT_MODEL)
def import_model(context: JobContext) -> None:
    """Open the file apart; in one transaction the version, its files' place, the job's end."""
    row = ModelImport.objects.select_related("organization", "model", "created_by").get(
        job=context.job
    )
    file = context.output_dir / FOREIGN_FILE
    _fetch(row, file)
    tried = trial_images(row, _TRIAL_IMAGES)
    with engine_failures(context):
        images = _pixels(context, row, [content for _, content, _ in tried])
        served = context.output_dir / ONNX_FILE
        request, teller = _request(row), _teller(context)
        opened_apart(file, {**request, "mode": "scan"}, None, served, teller)
        told = opened_apart(file, request, images, served, teller)
        found = _believed(told, len(row.class_names), len(tried))
        facts = ModelFacts(
            class_names=tuple(row.class_names),
            image_size=row.input["size"],
            fit=row.input["fit"],
            preset=IMPORTED,
        )
        asked = {"mode": "ask", "step": "Asking the converted file", "facts": facts.to_json()}
        opened_apart(served, asked, None, context.output_dir / "nothing", teller)
        (context.output_dir / "nothing").unlink()
    written = _written(context, row, found, tried)
    context.log(written.trial["sentence"] if written.trial else "It was tried on no images.")
    url = f"/api/v1/model-versions/{row.pk}/"
    with context.finish("model_version", row.pk, url=url):
        register_imported(row=row, written=written)


@cleans_up(kinds.IMPORT_MODEL)
def remove_upload(job: Job) -> None:
    """Remove the file of an ended import: what was registered is a copy."""
    for row in ModelImport.objects.filter(job=job):
        durable.delete(model_upload_name(row.upload))


def _fetch(row: ModelImport, file: Path) -> None:
    kept = durable.local(model_upload_name(row.upload))
    if not kept.is_file():
        raise JobFailed("bad_data", "The file is gone from the store.", "Bring it again.")
    file.unlink(missing_ok=True)
    link_or_copy(kept, file)
    if sha256_of(file) != row.file_sha256:
        raise JobFailed(
            "bad_data", "The file in the store is not the one that was sent.", "Bring it again."
        )


def _pixels(context: JobContext, row: ModelImport, contents: list[str]) -> Any:
    if not contents:
        return None
    with open_pixels(context.log) as pixels:
        return pixels_of(pixels, contents, row.input["size"], row.input["fit"])


def _request(row: ModelImport) -> dict[str, Any]:
    given = {name: row.input[name] for name in ("size", "scaling", "channels")}
    return {"class_names": row.class_names, "input": given, "fit": row.input["fit"]}


def _teller(context: JobContext) -> Any:
    def told(step: str) -> None:
        context.check()
        context.progress(0, None, "", step)

    return told


def _believed(told: dict[str, Any], classes: int, images: int) -> dict[str, Any]:
    """Return what the process says, of the kinds that it may say: it had a stranger's file open."""
    try:
        parity = {
            name: _finite(told["parity"][name]) for name in ("max_abs_difference", "tolerance")
        }
        trial = {
            str(name)[:10]: ([int(each) for each in found], [_finite(each) for each in sure])
            for name, (found, sure) in told["trial"].items()
        }
        for found, sure in trial.values():
            if (
                len(found) != images
                or len(sure) != images
                or not all(0 <= each < classes for each in found)
            ):
                raise ValueError
        if told["answers"] not in ("softmax", "logits", "sigmoid"):
            raise ValueError
        return {
            "answers": told["answers"],
            "outputs": int(told["outputs"]),
            "parameters": int(told["parameters"]),
            "parity": {**parity, "images": int(told["parity"]["images"])},
            "trial": trial,
        }
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise JobFailed("bad_data", "Opening the network gave no sensible answer.") from error


def _finite(value: Any) -> float:
    """Return a number that JSON has; raises ValueError for another."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _written(
    context: JobContext, row: ModelImport, found: dict[str, Any], tried: list[Any]
) -> ImportedFiles:
    stated = Stated(**{**row.stated, "outputs": found["outputs"]})
    given = Input(**{name: row.input[name] for name in ("size", "scaling", "channels")})
    libraries = library_versions()
    # What a worker has loaded for others had no part in it.
    libraries.pop("scikit-learn", None)
    libraries |= {name: version_of(name) for name in ("keras", "tensorflow", "h5py")}
    return ImportedFiles(
        folder=context.output_dir,
        files={name: facts_of(context.output_dir / name) for name in (FOREIGN_FILE, ONNX_FILE)},
        parity=found["parity"],
        libraries=libraries,
        answers=found["answers"],
        parameters=found["parameters"],
        remarks=remarks(stated, given, found["answers"]),
        trial=_trial(row, found["trial"], tried),
    )


def _trial(row: ModelImport, answers: dict[str, Any], tried: list[Any]) -> dict[str, Any] | None:
    """Return what the trial shows: a judgement, and the answer to each image as it is fed."""
    if not tried:
        return None
    truth = [name for _, _, name in tried]
    by_scaling = {name: found for name, (found, _) in answers.items()}
    judged = judge_trial(truth, row.class_names, by_scaling, row.input["scaling"])
    shown = [
        {
            "image": str(image),
            "true": name,
            "predicted": row.class_names[index],
            "probability": probability,
        }
        for (image, _, name), index, probability in zip(tried, *answers[""], strict=True)
    ]
    return {**judged.to_dict(), "answers": shown}
