"""The names of a foreign model's classes, as a person gives them."""

from typing import Any

from classifier.engine.foreign.limits import MOST_CLASSES
from common.names import unseen_character
from common.texts import nfc

_LONGEST = 120


def clean_names(names: Any) -> list[str]:
    """Return the names trimmed and in NFC; raises `ValueError` with a sentence for bad ones."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("Class names are a list of texts, one for each output.")
    if not 2 <= len(names) <= MOST_CLASSES:
        raise ValueError(f"A model has 2 to {MOST_CLASSES:,} classes; received {len(names):,}.")
    cleaned = [nfc(name).strip() for name in names]
    for place, name in enumerate(cleaned, start=1):
        if not name or len(name) > _LONGEST:
            raise ValueError(
                f"A class name has 1 to {_LONGEST} characters; number {place} has {len(name)}."
            )
        if unseen_character(name) is not None:
            raise ValueError(f"Class name number {place} has a character that cannot be seen.")
    if len(set(cleaned)) < len(cleaned):
        twice = next(name for name in cleaned if cleaned.count(name) > 1)
        raise ValueError(f"Class names must differ; “{twice}” is there twice.")
    return cleaned
