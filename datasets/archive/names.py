"""Names of classes, splits and junk as they stand in archives."""

import functools
import unicodedata

from common.names import unseen_character

MAX_CLASS_NAME = 120
_SPLITS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
_JUNK_FILES = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"})
_JUNK_FOLDERS = frozenset({"__macosx", "@eadir", "$recycle.bin"})


def split_of_folder(name: str) -> str | None:
    """Return train, validation or test when a folder's name means one of them."""
    return _SPLITS.get(name.strip().casefold())


def is_junk(name: str) -> bool:
    """Whether a file is what operating systems leave behind (`.DS_Store`, `__MACOSX/`, Thumbs.db)."""
    *folders, file = name.casefold().split("/")
    if file in _JUNK_FILES or file.startswith("."):
        return True
    return any(folder in _JUNK_FOLDERS or folder.startswith(".") for folder in folders)


@functools.lru_cache(1024)
def clean_class_name(name: str) -> str:
    """Return the name trimmed and in NFC; raises `ValueError` with a sentence for a bad one."""
    cleaned = unicodedata.normalize("NFC", name).strip()
    if not cleaned:
        raise ValueError("A class needs a name; received an empty one.")
    if len(cleaned) > MAX_CLASS_NAME:
        raise ValueError(
            f"A class name may have {MAX_CLASS_NAME} characters; received {len(cleaned)}."
        )
    if unseen_character(cleaned) is not None:
        raise ValueError("A class name may not hold control characters or invisible ones.")
    return cleaned


def printable_label(name: str, otherwise: str) -> str:
    """Return a client's file name as something to show: its last part, printable, up to 255 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable())[:255] or otherwise
