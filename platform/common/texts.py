"""Text from outside: bytes that do not say their encoding, and one way to write each character.

A letter with an accent is one character or two (Unicode's forms NFC and NFD); macOS writes file
names in NFD and people type NFC. Loupe keeps NFC and looks for NFC.
"""

import unicodedata
from typing import Any

from common.codepages import likely_code_pages

# What stands in names besides letters, of the 27 characters that make windows-1252 of Latin-1.
_IN_NAMES = frozenset("–—‘’“”…€™°·«»¡¿§ºª")


def nfc(text: str) -> str:
    """Return the text in Unicode's composed form."""
    return unicodedata.normalize("NFC", text)


def nfc_throughout(data: Any) -> Any:
    """Return JSON data with every string in NFC, names of fields too."""
    if isinstance(data, str):
        return nfc(data)
    if isinstance(data, list):
        return [nfc_throughout(value) for value in data]
    if isinstance(data, dict):
        return {nfc(name): nfc_throughout(value) for name, value in data.items()}
    return data


def decoded(raw: bytes) -> str:
    """Return a name in UTF-8, or else in the code page that it most probably has.

    Windows-1252 (curl on a Western Windows sends it) where that gives letters: one short name tells
    too little to weigh others against it. Else the likeliest.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        western = raw.decode("cp1252", errors="replace")
    if all(c.isascii() or c.isalpha() or c in _IN_NAMES for c in western):
        return western
    return raw.decode(likely_code_pages([raw], from_dos=False)[0])
