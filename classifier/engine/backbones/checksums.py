"""Whether a file of weights is the one that was trusted.

`NAME.sha256` beside it says which that is, as `sha256sum` writes it; without one, the hash that
Keras's own code has for its files does. Keras has none of MobileNetV2's weights, and its own
download checks none, so the first download of these cannot be compared with anything. It is
recorded, loudly, and every later load and download is compared.
"""

import hashlib
import logging
import re
from collections.abc import Iterable
from pathlib import Path

from classifier.engine.errors import WeightsUnavailable
from classifier.engine.files import sha256_of, written_whole

logger = logging.getLogger(__name__)

_MD5_DIGITS = 32
_TITLES = {"md5": "MD5", "sha256": "SHA-256"}


def check_recorded(file: Path, name: str, folders: Iterable[Path]) -> bool:
    """Compare `file` with the first record of `name` in `folders`.

    Args:
        file: the weights, whatever the file is called by now.
        name: what it is called when it is in place; the record is `NAME.sha256`.
        folders: where a record may be, the one that counts most first.

    Returns:
        False where there is no record.

    Raises:
        WeightsUnavailable: the file is another one, or the record holds no SHA-256.
    """
    record = next((path for path in (_record(folder, name) for folder in folders) if path), None)
    if record is None:
        return False
    expected, actual = _expected(record), sha256_of(file)
    if actual != expected:
        raise WeightsUnavailable(
            f"{name} is not the file that {record.name} names: its SHA-256 is {actual}, not "
            f"{expected}.",
            f"Put the right file back. If you trust this one, run: "
            f"sha256sum {name} > {record.name}",
        )
    return True


def check_published(file: Path, name: str, published: str) -> None:
    """Compare `file` with the MD5 or SHA-256 that Keras has for the file `name`.

    Raises WeightsUnavailable for another file.
    """
    kind = "md5" if len(published) == _MD5_DIGITS else "sha256"
    with file.open("rb") as content:
        actual = hashlib.file_digest(content, kind).hexdigest()
    if actual != published:
        raise WeightsUnavailable(
            f"{name} is not the file that Keras publishes: its {_TITLES[kind]} is {actual}, not "
            f"{published}.",
            f"Put the right file there. If you trust this one, run: "
            f"sha256sum {name} > {name}.sha256",
        )


def record(path: Path) -> None:
    """Write down the SHA-256 of the file at `path`, so that it stays the one that is loaded."""
    digest = sha256_of(path)
    target = path.with_name(f"{path.name}.sha256")
    try:
        with written_whole(target) as part:
            part.write_text(f"{digest}  {path.name}\n")
    except OSError as error:
        logger.warning("%s is used unchecked (SHA-256 %s): %s", path.name, digest, error)
    else:
        logger.warning(
            "%s was trusted as it came: SHA-256 %s, recorded in %s and checked from now on",
            path.name,
            digest,
            target,
        )


def say_unchecked(path: Path) -> None:
    """Log that a file which an operator put there is used though no record names it."""
    logger.warning(
        "%s is used unchecked (SHA-256 %s): to have it checked, write %s.sha256 by sha256sum",
        path.name,
        sha256_of(path),
        path,
    )


def _record(folder: Path, name: str) -> Path | None:
    path = folder / f"{name}.sha256"
    return path if path.is_file() else None


def _expected(record: Path) -> str:
    match = re.match(r"\\?([0-9a-fA-F]{64})\b", record.read_text(errors="replace"))
    if match is None:
        raise WeightsUnavailable(
            f"{record.name} does not start with a SHA-256 (64 hexadecimal digits).",
            f"Write it by: sha256sum {record.name.removesuffix('.sha256')} > {record.name}",
        )
    return match[1].lower()
