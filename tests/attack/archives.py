"""Crafted archives: each is refused by its code, or taken without what is wrong in it."""

import stat
import struct
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from tests import factories
from tests.attack.chapter import Attack, Chapter
from tests.attack.world import bearer
from tests.datasets.conftest import encrypted, patch_central, png, zipped
from tests.datasets.crafted import named, overlapping, running_over, ten_gigabytes

MIB = 1 << 20
ENDED = ("succeeded", "failed", "cancelled")
SECONDS = 180
# Nothing of this name may ever lie on the disk.
ESCAPED = "loupe-attack-escaped.png"


@dataclass(frozen=True)
class Crafted:
    """An archive, and what becomes of it: the code of its refusal, or the names that are taken."""

    name: str
    content: bytes
    code: str = ""
    taken: frozenset[str] = frozenset()


def attack(attack: Attack, chapter: Chapter) -> None:
    """Send each archive to a dataset of its own, and wait for what becomes of it."""
    headers = bearer(attack.world.tokens["attacker"])
    sent = []
    for crafted in attack.some(_archives(), of=4):
        dataset = factories.make_dataset(user=attack.world.attacker)
        answer = attack.target.send(
            "POST",
            f"/api/v1/datasets/{dataset.pk}/imports/",
            headers=headers,
            files={"archive": (f"{crafted.name}.zip", crafted.content)},
        )
        sent.append((crafted, dataset, answer))
    for crafted, dataset, answer in sent:
        code, said = _outcome(attack, answer, headers)
        chapter.check(code == crafted.code, crafted.name, f"{code or 'taken'}: {said}")
        names = {image.name for image in dataset.images.all()}
        chapter.check(names == crafted.taken, f"{crafted.name}: what is in the dataset", names)
    chapter.check(not _escaped(), "no archive writes outside of its folder", _escaped())
    left = [path for path in settings.FILE_UPLOAD_TEMP_DIR.iterdir() if path.suffix == ".upload"]
    chapter.check(not left, "nothing that was spooled is left", left)


def _outcome(attack: Attack, answer, headers: dict[str, str]) -> tuple[str, str]:
    """Return the code of an archive's refusal, at once or by its job, and what was said."""
    body = answer.json()
    if answer.status_code != 202:
        return body.get("code", str(answer.status_code)), answer.text
    job, deadline = body["job"], time.monotonic() + SECONDS
    while job["status"] not in ENDED and time.monotonic() < deadline:
        time.sleep(0.2)
        job = attack.target.send("GET", f"/api/v1/jobs/{job['id']}/", headers=headers).json()
    error = job["error"] or {"code": "" if job["status"] == "succeeded" else job["status"]}
    return error["code"], error.get("detail", "")


def _escaped() -> list[Path]:
    root = Path(settings.DATA_DIR)
    around = [root.parent / ESCAPED, root.parent.parent / ESCAPED, Path("/") / ESCAPED]
    return [path for path in around if path.exists()] + list(root.rglob(ESCAPED))


def _archives() -> list[Crafted]:
    return [*_names(), *_bombs(), *_damaged(), *_taken()]


def _names() -> list[Crafted]:
    up, link = f"../../{ESCAPED}", stat.S_IFLNK | 0o777
    return [
        Crafted("a way up", named(up), "unsafe_name"),
        Crafted("a way up by backslashes", named(up.replace("/", "\\")), "unsafe_name"),
        Crafted("a way up from a folder", named(f"cat/../{up}"), "unsafe_name"),
        Crafted("an absolute name", named(f"/tmp/{ESCAPED}"), "unsafe_name"),
        Crafted("a drive", named(f"C:\\{ESCAPED}"), "unsafe_name"),
        Crafted("a NUL", named("cat/aXb.png").replace(b"aXb", b"a\0b"), "unsafe_name"),
        Crafted("a symbolic link", named("cat/a.png", external_attr=link << 16), "symlink"),
        Crafted(
            "a pipe", named("cat/a.png", external_attr=stat.S_IFIFO << 16), "special_file"
        ),
        Crafted(
            "a device", named("cat/a.png", external_attr=stat.S_IFCHR << 16), "special_file"
        ),
        Crafted(
            "names that differ in case", zipped({"A/1.png": b"a", "a/1.png": b"b"}),
            "case_collision",
        ),
        Crafted(
            "a name in two ways", zipped({"a//1.png": b"a", "a/./1.png": b"b"}), "duplicate_entry"
        ),
    ]  # fmt: skip


def _bombs() -> list[Crafted]:
    whole = zipped({f"{n}.bmp": b"\xff" * (3 * MIB) for n in range(20)})
    small = zipped({"cat/1.png": png(1)})
    lie = patch_central(small, 24, struct.pack("<L", 11_000 * MIB & 0xFFFFFFFF))
    return [
        Crafted("ten gigabytes", ten_gigabytes(), "too_high_ratio"),
        Crafted("blank images by the dozen", whole, "too_high_ratio"),
        Crafted("one blank image", zipped({"a.bmp": b"\xff" * (11 * MIB)}), "too_high_ratio"),
        Crafted("overlapping entries", overlapping(), "overlapping_entries"),
        Crafted("entries that run over", running_over(), "overlapping_entries"),
        Crafted("an archive of archives", zipped({"a.zip": whole}), "nested_archive"),
        Crafted("a lie about a size", lie, "too_high_ratio"),
        Crafted(
            "too many entries",
            zipped({f"{n}.png": b"" for n in range(100_001)}, zipfile.ZIP_STORED),
            "too_many_entries",
        ),
    ]


def _damaged() -> list[Crafted]:
    small = zipped({"cat/1.png": png(1)})
    return [
        Crafted("a password", encrypted({"cat/1.png": png(1)}), "encrypted"),
        Crafted("no zip", b"PK\3\4 and no more", "not_a_zip"),
        Crafted("an empty file", b"", "not_a_zip"),
        Crafted("an empty archive", zipped({}), "empty_archive"),
        Crafted("folders alone", zipped({"cat/": b""}), "empty_archive"),
        Crafted("half an archive", small[:-40], "not_a_zip"),
        Crafted(
            "an unknown compression",
            patch_central(small, 10, struct.pack("<H", 99)),
            "unsupported_compression",
        ),
    ]


def _taken() -> list[Crafted]:
    """What is wrong is left out by name, and the rest goes on."""
    one, cat = png(1), frozenset({"cat/1.png"})
    page = b"<html><script>alert(1)</script>"
    return [
        Crafted(
            "a page called image", zipped({"cat/1.png": one, "cat/2.png": page}), taken=cat
        ),
        Crafted(
            "an archive beside images", zipped({"cat/1.png": one, "cat/b.zip": one}), taken=cat
        ),
        Crafted(
            "settings of a web server", zipped({"cat/1.png": one, "cat/.htaccess": b"x"}), taken=cat
        ),
        Crafted(
            "a line break in a name", zipped({"cat/1.png": one, "cat/a\r\nb.png": one}), taken=cat
        ),
        Crafted("a very long name", zipped({"cat/1.png": one, "cat/" + "n" * 600: one}), taken=cat),
        Crafted("something before it", b"#!/bin/sh\n" + zipped({"cat/1.png": one}), taken=cat),
    ]  # fmt: skip
