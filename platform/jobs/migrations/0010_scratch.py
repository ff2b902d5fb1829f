"""Move what one machine needs for its work out of the folder of durable files."""

import shutil
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import migrations


def move_to_scratch(apps, schema_editor):
    media, scratch = Path(settings.MEDIA_ROOT), Path(settings.SCRATCH_DIR)
    # Checkpoints and staged files: jobs go on where they were.
    _move_children(media / "jobs", scratch / "jobs")
    # What requests that died had staged; the sweep looks there.
    _move_children(media / "uploads", scratch / "requests", folders_only=True)
    # Made again when they are next needed.
    for name in ("vectors", "backbones", "decoders", "gpus"):
        shutil.rmtree(media / name, ignore_errors=True)
    for path in (media / "models").glob(".*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (media.parent / "uploads").glob("*.upload*"):
        path.unlink()


def _move_children(source, target, folders_only=False):
    for path in source.glob("*"):
        if path.is_dir() and not (target / path.name).exists():
            target.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target / path.name)
    if not folders_only:
        with suppress(OSError):
            source.rmdir()


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("jobs", "0009_rate_of_progress")]
    operations = [migrations.RunPython(move_to_scratch, migrations.RunPython.noop)]
