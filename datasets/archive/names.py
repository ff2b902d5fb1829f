"""Names of classes, splits and junk as they stand in archives."""

import functools
import re
import unicodedata
from collections.abc import Collection

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
_SPLIT_WORDS = {**_SPLITS, "dev": "validation", "eval": "validation", "holdout": "test"}
# What stands beside such a word in a folder's name when the two are written as one: "trainset".
_BESIDE = (
    "",
    "set",
    "sets",
    "data",
    "dataset",
    "image",
    "images",
    "img",
    "imgs",
    "folder",
    "split",
)
_PORTION = re.compile(
    r"(.*?(?:part|batch|chunk|shard|piece|fold|folder|disc|disk|page|volume|vol|image|img|photo|picture)s?)"
    r"[ _.-]*\(?\d+\)?"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_JUNK_FILES = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", ".ds_store", ".localized", ".apdisk",
     ".directory", ".picasa.ini", "picasa.ini", ".nomedia", ".gitignore", ".gitattributes",
     ".gitkeep", ".gitmodules", ".keep", ".hidden"}
)  # fmt: skip
_JUNK_FOLDERS = frozenset(
    {"__macosx", "@eadir", "$recycle.bin", "#recycle", "system volume information", "lost+found",
     ".git", ".svn", ".hg", ".dvc", ".idea", ".vscode", ".ipynb_checkpoints", "__pycache__",
     ".spotlight-v100", ".trashes", ".trash", ".fseventsd", ".temporaryitems", ".appledouble",
     ".documentrevisions-v100", ".thumbnails", ".thumb"}
)  # fmt: skip
_JUNK_BEGINNINGS = ("._", ".trash-", ".fuse_hidden")
_IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".bmp", ".dib", ".gif",
     ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".svg", ".psd", ".ico"}
)  # fmt: skip
_NO_IMAGE_SUFFIXES = frozenset(
    {".txt", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg",
     ".md", ".rst", ".html", ".htm", ".py", ".ipynb", ".js", ".css", ".pdf", ".doc", ".docx",
     ".xls", ".xlsx", ".npy", ".npz", ".mat", ".h5", ".hdf5", ".pkl", ".pt", ".pth", ".onnx",
     ".parquet", ".arrow", ".tfrecord", ".tfrecords", ".record", ".mp4", ".avi", ".mov", ".mkv",
     ".wav", ".mp3", ".log", ".db", ".sqlite", ".lnk", ".url", ".exe", ".sh", ".bat"}
)  # fmt: skip
_NO_IMAGE_NAMES = frozenset({"readme", "license", "licence", "makefile", "changelog", "copying"})


def split_of_folder(name: str) -> str | None:
    """Return train, validation or test when a folder's name means one of them."""
    return _SPLITS.get(name.strip().casefold())


def split_of_path(path: str) -> str:
    """Return the split that the folders of a file's path name without doubt, or ''."""
    splits = [split for name in path.split("/")[:-1] if (split := split_of_folder(name))]
    return splits[0] if splits else ""


def split_hinted(name: str) -> str | None:
    """Return the split that a name means or only contains a word for: `training_set`, `segTrain`.

    Such a name may as well be a class's: a person has to be asked.
    """
    if split := split_of_folder(name):
        return split
    for word in _WORD.findall(name):
        lowered = word.lower()
        for begin, split in _SPLIT_WORDS.items():
            if lowered.startswith(begin) and lowered[len(begin) :] in _BESIDE:
                return split
    return None


def are_portions(names: Collection[str]) -> bool:
    """Whether folders are parts of one set, as `images_part_1` and `_2` are; in small letters."""
    found = [match[1] if (match := _PORTION.fullmatch(name)) else None for name in names]
    return len(found) > 1 and None not in found and len(set(found)) == 1


def is_junk(name: str) -> bool:
    """Whether a file is what operating systems and tools leave behind; only known names are.

    Any other name may begin with a dot: `.net` is a class.
    """
    *folders, file = name.casefold().split("/")
    if file in _JUNK_FILES or file.startswith(_JUNK_BEGINNINGS):
        return True
    return any(folder in _JUNK_FOLDERS or folder.startswith(_JUNK_BEGINNINGS) for folder in folders)


def looks_like_image(name: str) -> bool:
    """Whether a file's name ends as images do."""
    return _suffix(name) in _IMAGE_SUFFIXES


def may_be_image(name: str) -> bool:
    """Whether a file could be an image by its name: not one that ends as other files do."""
    file = name.rsplit("/", 1)[-1].casefold()
    return _suffix(name) not in _NO_IMAGE_SUFFIXES and file not in _NO_IMAGE_NAMES


def _suffix(name: str) -> str:
    file = name.rsplit("/", 1)[-1]
    dot = file.rfind(".")
    return file[dot:].casefold() if dot > 0 else ""


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
    """Return a client's file name to show: its last part, printable, up to 255 characters."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable())[:255] or otherwise
