"""The job that reads an archive into a dataset."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from common.copy_rows import copy_rows
from datasets import kinds
from datasets.archive.member import Member
from datasets.archive.plan import Candidate, Plan
from datasets.archive.question import Question, read_archive
from datasets.archive.reader import opened
from datasets.archive.readings import Reading
from datasets.archive.tools.export import some
from datasets.limits import archive_limits
from datasets.models import Import, ImportItem, Outcome
from datasets.policies import require_alive
from datasets.selectors.coming_images import decoded_contents, staging_folders
from datasets.services import listeners
from datasets.services.intake.add_images import NewImage, add_images, in_several_classes
from datasets.services.intake.adopt_files import adopt_files, discard_files
from datasets.services.intake.import_chunks import ask_for_help, end_chunks, lay_out_chunks
from datasets.services.quality.check_quality import start_quality_check
from datasets.services.quality.fingerprints import insert_fingerprints
from datasets.services.vectors.store_vectors import forget_vectors
from datasets.work.chunks import Answer, ChunkFiles, forget_chunks
from datasets.work.crew import Crew
from datasets.work.import_question import ask
from jobs.crew import TICK_SECONDS, processors
from jobs.errors import domain_failures
from jobs.handlers import JobContext, JobFailed, cleans_up, handles
from jobs.models import Job, Status
from jobs.services.chunks import standing
from storage import durable, scratch
from storage.names import upload_name

# Below both, other workers would not have begun before the import is through.
HELP_FROM_FILES = 4096
HELP_FROM_BYTES = 64 << 20
CHUNKS_PER_HELPER = 8
_ASKED = "You asked to see how the archive is read first. Choose how it is meant."
_NAMED = 5
_ITEM_COLUMNS = ("source_id", "name", "outcome", "code", "detail", "image_id")


@handles(kinds.IMPORT_ARCHIVE)
def import_archive(context: JobContext) -> None:
    """Read an archive: every file becomes an image, or a line of the report that says why not."""
    source = Import.objects.select_related("dataset__organization").get(job=context.job)
    archive = durable.local(upload_name(source.upload))
    with domain_failures():
        require_alive(dataset=source.dataset)
        context.progress(0, None, "files", "Reading the table of contents")
        reading = _read(context, source, archive)
        plan = reading.plan
        files = _decode(context, source, archive, plan)
        answers = files.answers()
        _refuse_without_images(answers)
        context.progress(len(answers), len(answers), "files", "Saving")
        _save(context, source, reading, answers, files)


@cleans_up(kinds.IMPORT_ARCHIVE)
def remove_upload(job: Job) -> None:
    """Remove the archive of an ended import, and what one without rows left in the store."""
    for source in Import.objects.filter(job=job):
        durable.delete(upload_name(source.upload))
        end_chunks(source=source)
        if job.status != Status.SUCCEEDED:
            contents = decoded_contents(scratch.checkpoint_dir(job.lineage))
            discard_files(contents)
            forget_vectors(organization_id=job.organization_id, contents=contents)


def _read(context: JobContext, source: Import, archive: Path) -> Reading:
    """Return how the archive is read; raises `JobFailed` where a person has to be asked."""
    with opened(archive) as data:
        question = read_archive(
            data,
            archive_limits(),
            layout=source.layout,
            encoding=source.encoding,
            name=source.archive_name,
        )
    if source.asks and question.taken is not None:
        question = Question(question.readings, None, _ASKED)
    if question.taken and (unknown := _not_there(source.class_mapping, question.taken.plan)):
        question = Question(question.readings, None, unknown)
    if question.taken is None:
        raise ask(context, source, archive, question)
    question.taken.plan.rename(source.class_mapping)
    _leave_out_large(question.taken.plan)
    return question.taken


def _not_there(class_mapping: Iterable[str], plan: Plan) -> str:
    """Return which classes that were given other names the archive has not; empty for none."""
    known = {candidate.class_name for candidate in plan.candidates}
    unknown = [name for name in class_mapping if name not in known]
    if not unknown:
        return ""
    more = f" and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
    return (
        f"Other names were given for classes that the archive has not: {some(unknown, _NAMED)}"
        f"{more}. Nothing was written. Choose again."
    )


def _leave_out_large(plan: Plan) -> None:
    limits = archive_limits()
    small = []
    for candidate in plan.candidates:
        if candidate.member.size <= limits.max_file_bytes:
            small.append(candidate)
        else:
            plan.reject(
                candidate.name,
                "file_too_large",
                f"An image file may have {limits.max_file_bytes:,} bytes; "
                f"this one has {candidate.member.size:,}.",
            )
    plan.candidates = small


def _decode(context: JobContext, source: Import, archive: Path, plan: Plan) -> ChunkFiles:
    """Decode every candidate, here and in helping jobs; return the finished chunks."""
    members = [candidate.member for candidate in plan.candidates]
    files = ChunkFiles(context.checkpoint_dir)
    count = files.lay_out(members)
    whole = [files.is_whole(number) for number in range(count)]
    # An attempt that woke up late would leave chunks, and call for help, without need.
    with context.guard():
        lay_out_chunks(source=source, whole=whole)
        files.lead(context.job)
        if _is_large(members):
            ask_for_help(source=source, helpers=count // CHUNKS_PER_HELPER)
    crew = Crew(source, context.job, archive, files)
    finished = told = False

    def on_tick() -> int:
        nonlocal finished, told
        context.check()
        now = crew.patiently(lambda: standing(source=source, job=context.job))
        done = sum(len(files.members(number)) for number in now.done)
        done += crew.under_way(now.done)
        context.progress(done, len(members), "files", "Checking images")
        finished = len(now.done) == now.total
        if now.done and not finished and not told:
            told = crew.patiently(lambda: _tell_of_images(context, source))
        # Half of the machine is the helper's, who may as well sit on another one.
        return max(1, processors() // 2) if now.has_help else processors()

    while not finished:
        crew.work(on_tick)
        on_tick()
        if not finished:
            # What others still have at hand comes back free if they die over it.
            time.sleep(TICK_SECONDS)
    return files


def _tell_of_images(context: JobContext, source: Import) -> bool:
    with context.guard():
        listeners.images_coming.announce(user=source.created_by, dataset=source.dataset)
    return True


def _is_large(members: Sequence[Member]) -> bool:
    packed = sum(member.compressed_size for member in members)
    return len(members) > HELP_FROM_FILES or packed > HELP_FROM_BYTES


def _refuse_without_images(answers: list[Answer]) -> None:
    if any("sha256" in answer for answer in answers):
        return
    reasons = Counter(answer["detail"] for answer in answers).most_common(1)
    raise JobFailed(
        "bad_data",
        f"None of the {len(answers):,} files in the archive is an image that can be used. "
        f"Most often: {reasons[0][0] if reasons else 'no file was tried.'}",
    )


def _save(
    context: JobContext, source: Import, reading: Reading, answers: list[Answer], files: ChunkFiles
) -> None:
    plan = reading.plan
    accepted = [
        _new_image(candidate, answer)
        for candidate, answer in zip(plan.candidates, answers, strict=True)
        if "sha256" in answer
    ]
    with context.finish("import", source.pk, url=f"/api/v1/imports/{source.pk}/") as result:
        added = add_images(
            dataset=source.dataset,
            images=accepted,
            duplicates=source.duplicates,
            frees_bytes=source.archive_bytes,
            source=source,
        )
        insert_fingerprints(
            (image_id, fingerprint)
            for (image_id, is_new), fingerprint in zip(
                added.outcomes, files.fingerprints(), strict=True
            )
            if is_new
        )
        _adopt(context, accepted)
        items = [*_not_taken(source, plan, answers), *_duplicates(source, accepted, added.outcomes)]
        copy_rows(ImportItem, _ITEM_COLUMNS, items)
        end_chunks(source=source)
        Import.objects.filter(pk=source.pk).update(
            layout=reading.layout,
            encoding=reading.encoding,
            readings=[reading.as_json()],
            conflicts=in_several_classes(dataset=source.dataset, images=accepted),
        )
        context.progress(len(answers), len(answers), "files", "Done")
        if added.new_count:
            start_quality_check(user=source.created_by, dataset=source.dataset)
            listeners.images_added.announce(user=source.created_by, dataset=source.dataset)
        result |= {"images_added": added.new_count, **_counts(accepted, items)}


def _counts(accepted: list[NewImage], items: list[tuple[Any, ...]]) -> dict[str, int]:
    """Return how many files there were, and of the import's items how many of each outcome."""
    outcomes = Counter(item[2] for item in items)
    return {
        "files": len(accepted) + len(items) - outcomes[Outcome.DUPLICATE],
        "duplicates": outcomes[Outcome.DUPLICATE],
        "skipped": outcomes[Outcome.SKIPPED],
        "rejected": outcomes[Outcome.REJECTED],
    }


def _adopt(context: JobContext, accepted: list[NewImage]) -> None:
    """Put the files where the rows say that they are, before the rows can be seen."""
    folders = staging_folders(context.checkpoint_dir)
    if adopt_files(folders, accepted):
        # A clean-up of another failed import took files that this one had counted on, or
        # the machine went down before they were on disk.
        forget_chunks(context.checkpoint_dir)
        raise JobFailed("internal", "Some decoded files are gone; they are decoded again.")


def _new_image(candidate: Candidate, answer: Answer) -> NewImage:
    return NewImage(
        name=candidate.name,
        class_name=candidate.class_name,
        split=candidate.split,
        metadata=candidate.metadata,
        **answer,
    )


def _not_taken(source: Import, plan: Plan, answers: list[Answer]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = [
        (source.pk, item.name, item.outcome, item.code, item.detail[:400], None)
        for item in plan.not_taken
    ]
    rows += [
        (source.pk, candidate.name, Outcome.REJECTED, answer["code"], answer["detail"][:400], None)
        for candidate, answer in zip(plan.candidates, answers, strict=True)
        if "code" in answer
    ]
    return rows


def _duplicates(
    source: Import, accepted: list[NewImage], outcomes: list[tuple[Any, bool]]
) -> list[tuple[Any, ...]]:
    return [
        (
            source.pk,
            image.name,
            Outcome.DUPLICATE,
            "same_content",
            "The same content already stands in this split and class.",
            image_id,
        )
        for image, (image_id, is_new) in zip(accepted, outcomes, strict=True)
        if not is_new
    ]
