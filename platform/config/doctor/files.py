"""What lies on disks or in a bucket: whether it can be written, and how much room is left."""

import os
import pwd
import shutil
import stat
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages

from config.doctor.finding import Finding, Level
from storage import durable
from storage.names import upload_name

PART = "files"
# Of LOUPE_FREE_DISK_BYTES, from which uploads are refused.
SOON = 5
FEW_INODES = 0.02


def look_at_files() -> Iterator[Finding]:
    """Yield whether durable files and scratch can be written, and what room they have."""
    with _as_loupe() as why_not:
        if not why_not:
            yield from _durable()
            yield from _scratch()
        else:
            yield Finding(
                PART,
                Level.NOTE,
                f"Whether files can be written is not known: root asks, and {why_not}.",
                "What root writes there Loupe's user could not change.",
                "Ask as Loupe's user, or look at /healthz/ready and upload something.",
            )
    folders = {"scratch": Path(settings.SCRATCH_DIR)}
    if isinstance(storages[durable.ALIAS], FileSystemStorage):
        folders = {"media": Path(settings.MEDIA_ROOT)} | folders
    for name, folder in folders.items():
        if folder.is_dir():
            yield _room(name, folder)


def look_at_static_files() -> Iterator[Finding]:
    """Yield whether the pages' own files are here."""
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        yield Finding(
            PART,
            Level.FAULT,
            f"The pages' own files are not in {settings.STATIC_ROOT}.",
            "Every page fails: it cannot name its styles and scripts.",
            "python manage.py collectstatic --noinput (`make run` does it)",
        )


@contextmanager
def _as_loupe() -> Iterator[str]:
    """Be the user to whom the files belong, where root asks; yield why root cannot, or nothing."""
    media = Path(settings.MEDIA_ROOT)
    owner = media.stat() if media.is_dir() else None
    if owner is None or os.geteuid() != 0 or owner.st_uid == 0:
        yield ""
        return
    groups, own_groups = _groups_of(owner), os.getgroups()
    if not all(_may_pass(parent.stat(), owner.st_uid, groups) for parent in media.parents):
        yield f"Loupe's user cannot enter a folder above {media} by itself"
        return
    try:
        os.setgroups(groups)
        os.setegid(owner.st_gid)
        os.seteuid(owner.st_uid)
    except PermissionError:
        _be_root(own_groups)
        yield "cannot act as another user here (no CAP_SETUID or CAP_SETGID)"
        return
    try:
        yield ""
    finally:
        _be_root(own_groups)


def _be_root(groups: Sequence[int]) -> None:
    os.seteuid(0)
    os.setegid(0)
    with suppress(PermissionError):
        os.setgroups(groups)


def _groups_of(owner: os.stat_result) -> list[int]:
    """Return the groups that the user is in; one that has no name is in that of the files alone."""
    try:
        name = pwd.getpwuid(owner.st_uid).pw_name
    except KeyError:
        return [owner.st_gid]
    return os.getgrouplist(name, owner.st_gid)


def _may_pass(folder: os.stat_result, user: int, groups: Sequence[int]) -> bool:
    if folder.st_uid == user:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid in groups:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def _durable() -> Iterator[Finding]:
    name, content = upload_name(f"doctor-{uuid.uuid4().hex}"), b"written by manage.py doctor"
    try:
        durable.write(name, [content])
        whole = durable.read(name) == content
        durable.delete(name)
    except Exception as error:  # any store's errors: this is what we look for
        yield Finding(
            PART,
            Level.FAULT,
            f"Durable files cannot be written, read and deleted: {error}",
            "No upload, import or training can keep what it makes.",
            f"Let Loupe's user write in {settings.MEDIA_ROOT}, or correct LOUPE_S3_… and its keys.",
        )
        return
    if whole:
        yield Finding(PART, Level.OK, "Durable files can be written, read and deleted.")
    else:
        yield Finding(
            PART,
            Level.FAULT,
            "A durable file was read as something else than was written.",
            "Images and models would be damaged.",
            "Look at the disk or the object store; nothing of Loupe can mend it.",
        )


def _scratch() -> Iterator[Finding]:
    probe = Path(settings.SCRATCH_DIR) / f"doctor-{uuid.uuid4().hex}"
    try:
        probe.parent.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"written by manage.py doctor")
        probe.unlink()
    except OSError as error:
        yield Finding(
            PART,
            Level.FAULT,
            f"Scratch cannot be written: {error}",
            "No job can begin and no large request is taken.",
            f"Let Loupe's user write in {settings.SCRATCH_DIR}, or correct LOUPE_SCRATCH_DIR.",
        )
    else:
        yield Finding(PART, Level.OK, "Scratch can be written.")


def _room(name: str, folder: Path) -> Finding:
    free, kept_free = shutil.disk_usage(folder).free, settings.FREE_DISK_BYTES
    inodes = os.statvfs(folder)
    text = f"{folder} ({name}) has {free / (1 << 30):.1f} GiB free"
    why = "Uploads are refused (507) and trainings cannot write their checkpoints."
    mend = "Make room on that disk, or move the folder to a larger one (LOUPE_DATA_DIR, "
    mend += "LOUPE_SCRATCH_DIR)."
    if free < kept_free:
        return Finding(PART, Level.FAULT, f"{text}, less than LOUPE_FREE_DISK_BYTES.", why, mend)
    if inodes.f_files and inodes.f_favail < FEW_INODES * inodes.f_files:
        return Finding(PART, Level.FAULT, f"{text}, but almost no inodes left.", why, mend)
    if free < SOON * kept_free:
        return Finding(PART, Level.WARNING, f"{text}: soon too little.", why, mend)
    return Finding(PART, Level.OK, f"{text}.")
