"""From the names as an archive holds them to relative ones that are safe to show."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from common.codepages import is_utf8, likely_code_pages
from datasets.archive.directory import Entry
from datasets.errors import ArchiveRefused

MAX_NAME = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# Systems whose names cannot hold a backslash: there it stands between folders (APPNOTE 4.4.2.2).
_DOS, _WINDOWS_HOSTS = 0, (0, 10, 11, 14)
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_ESCAPES |= {ord("\r"): "\\r", ord("\n"): "\\n", ord("\t"): "\\t"}


class Names(NamedTuple):
    """The names of all entries, in their order; None for one that the code page cannot hold.

    `encoding` is empty where no name had to be guessed, else the code page that was taken;
    `encodings` are those that come into question, likeliest first. `folders_guessed` says whether
    a folder's name, and so a class's, hangs on it.
    """

    names: list[str | None]
    encoding: str
    encodings: list[str]
    folders_guessed: bool


def decode_names(entries: Sequence[Entry], encoding: str = "") -> Names:
    """Read every name: as its record says, or all others together as UTF-8 or in one code page.

    A code page given as `encoding` is taken, otherwise the likeliest.
    """
    unstated = [entry for entry in entries if entry.stated is None]
    page, pages = "utf-8", []
    if not all(is_utf8(entry.name) for entry in unstated):
        dos = all(entry.host == _DOS for entry in unstated)
        pages = likely_code_pages((entry.name for entry in unstated), from_dos=dos)
        page = encoding or pages[0]
    return Names(
        names=[_decoded(entry, page) for entry in entries],
        encoding=page if pages else "",
        encodings=pages,
        folders_guessed=bool(pages) and not all(_folder(entry).isascii() for entry in unstated),
    )


def safe_parts(name: str, host: int, slashes: bool) -> list[str]:
    """Return the parts of a relative name, without `.`; raises `ArchiveRefused` if it escapes.

    A backslash stands between folders where the archive was made on a system that allows it in no
    name, or where no name has a slash (`slashes`); elsewhere it is a character like others. What
    would escape in either reading is refused.
    """
    split = name.replace("\\", "/").split("/")
    if name[:1] in ("/", "\\") or (len(split[0]) == 2 and split[0][1] == ":"):
        raise _escapes(name, "is absolute")
    if ".." in split:
        raise _escapes(name, "points outside the archive")
    parts = split if host in _WINDOWS_HOSTS or not slashes else name.split("/")
    return [part for part in parts if part not in ("", ".")]


def in_nfc(parts: Sequence[str]) -> str:
    """Return the parts as one name, composed (NFC)."""
    return unicodedata.normalize("NFC", "/".join(parts))


def fault_of_name(name: str) -> str:
    """Return what is wrong with a name that cannot be kept as a label; empty for a sound one."""
    if not name:
        return "has no name"
    if _CONTROL.search(name):
        return "has control characters in its name"
    if len(name) > MAX_NAME:
        return f"has a name of more than {MAX_NAME} characters"
    return ""


def shown(name: str, longest: int = 200) -> str:
    """Return a name that can be printed and stored: a carriage return becomes `\\r` in letters."""
    drawn = name.translate(_ESCAPES)
    drawn = "".join(c if c.isprintable() or c == "\u3000" else "�" for c in drawn)
    return drawn if len(drawn) <= longest else f"{drawn[: longest - 1]}…"


def storable(text: str) -> str:
    """Return a text without what no database stores: NUL and halves of a character (JSON's)."""
    return _UNSTORABLE.sub("�", text)


def _decoded(entry: Entry, page: str) -> str | None:
    if entry.stated is not None:
        return entry.stated
    try:
        return entry.name.decode(page)
    except UnicodeDecodeError:
        return None


def _folder(entry: Entry) -> bytes:
    """Return the bytes before the last slash; all of them where there is none."""
    folder, slash, _ = entry.name.rpartition(b"/")
    return folder if slash else entry.name


def _escapes(name: str, what: str) -> ArchiveRefused:
    return ArchiveRefused(
        f"The name “{shown(name)}” {what}.",
        code="unsafe_name",
        hint="Use relative names such as cats/1.jpg.",
    )
