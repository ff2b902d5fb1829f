"""What an import shows while it asks how its archive is meant."""

import json
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from datasets.archive.member import Member
from datasets.archive.question import Question
from datasets.decoding.decoder import Decoder, Places
from datasets.models import Import
from datasets.selectors.imports import example_path
from jobs.errors import NEEDS_CONFIRMATION
from jobs.handlers import JobContext, JobFailed
from storage import durable, scratch
from storage.names import blob_name, thumbnail_name


def ask(context: JobContext, source: Import, archive: Path, question: Question) -> JobFailed:
    """Store the readings and a small picture of each example; return the failure that asks."""
    readings = [reading.as_json() for reading in question.readings]
    shown = {name for reading in readings for name in reading["examples"]}
    shown |= {one["example"] for reading in readings for one in reading["classes"][:_PICTURED]}
    members = {
        candidate.member.name: candidate.member
        for reading in question.readings
        for candidate in reading.plan.candidates
        if candidate.member.name in shown
    }
    _draw(context, source, archive, members.values())
    with context.guard():
        Import.objects.filter(pk=source.pk).update(readings=readings)
    return JobFailed(NEEDS_CONFIRMATION, question.why)


# Classes of one reading that are shown with a picture.
_PICTURED = 8


def _draw(context: JobContext, source: Import, archive: Path, members: Iterable[Member]) -> None:
    """Decode the examples as every strange file is, and keep their thumbnails until the answer."""
    staging = context.checkpoint_dir / "examples" / "staging"
    staging.mkdir(parents=True, exist_ok=True)
    places = Places(staging, durable.known_folder(), settings.IMAGE_MAX_PIXELS)
    wanted = list(members)
    with Decoder(places) as decoder:
        for member, line in zip(wanted, decoder.decode_members(archive, wanted), strict=True):
            context.check()
            answer = json.loads(line)
            if "sha256" not in answer:
                continue
            picture = thumbnail_name if answer["thumbnail_bytes"] else blob_name
            name = picture(answer["sha256"])
            staged = staging / name
            kept = staged if staged.is_file() else durable.local(name)
            # A stored one may go at this moment, with the last image that had it.
            with suppress(FileNotFoundError):
                shutil.copyfile(kept, example_path(source, member.name))
    scratch.remove_tree(staging)
