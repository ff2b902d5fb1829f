"""How text is written that does not say so: names in archives, tables from spreadsheets.

UTF-8 is recognised by itself. Everything else is a guess: the code pages that can hold the text are
ranked, the likeliest first, and people are shown what it says in each.
"""

from collections.abc import Iterable, Sequence

import charset_normalizer

# By Python's name of the codec; what people know each under.
CODE_PAGES = {
    "cp932": "Japanese (Shift JIS)",
    "gb18030": "Chinese, simplified (GBK)",
    "big5": "Chinese, traditional (Big5)",
    "cp949": "Korean",
    "cp1252": "Western Europe (Windows)",
    "cp850": "Western Europe (DOS)",
    "cp437": "United States (DOS)",
    "cp1250": "Central Europe (Windows)",
    "cp852": "Central Europe (DOS)",
    "cp1251": "Cyrillic (Windows)",
    "cp866": "Cyrillic (DOS)",
    "cp1253": "Greek (Windows)",
    "cp1254": "Turkish (Windows)",
    "cp1255": "Hebrew (Windows)",
    "cp1256": "Arabic (Windows)",
    "mac_roman": "Western Europe (Mac)",
}
MOST_OFFERED = 5
_SAMPLE_BYTES = 1 << 16
_WRONG_SYSTEM = 0.05
_HALF_WIDTH_KATAKANA = range(0xFF61, 0xFFA0)
_HAN = range(0x4E00, 0xA000)


def is_utf8(text: bytes) -> bool:
    """Whether bytes can be read as UTF-8; hardly any other text can, unless it is ASCII."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def likely_code_pages(texts: Iterable[bytes], *, from_dos: bool | None = None) -> list[str]:
    """Return up to `MOST_OFFERED` code pages that can hold all of the texts, likeliest first.

    `from_dos` says whether they come from a program that writes as DOS did (None: not known).
    Two code pages in which the texts say the same are one. There is always at least one.
    """
    pieces = sorted(set(texts))
    joined = b"\n".join(pieces)[:_SAMPLE_BYTES]
    measured = {
        match.encoding: match.chaos
        for match in charset_normalizer.from_bytes(
            joined, cp_isolation=list(CODE_PAGES), language_threshold=0.0, enable_fallback=False
        )
    }
    said: dict[tuple[str, ...], tuple[float, str]] = {}
    for rank, (page, title) in enumerate(CODE_PAGES.items()):
        if (read := _decoded(pieces, page)) is not None:
            unlikely = measured.get(page, 1.0) + _unlikely(read, page) + rank / 1000
            if ("DOS" if from_dos is False else "Windows" if from_dos else "?") in title:
                unlikely += _WRONG_SYSTEM
            known, first = said.get(read, (unlikely, page))
            said[read] = (min(known, unlikely), first)
    return [page for _, page in sorted(said.values())][:MOST_OFFERED]


def _decoded(texts: Sequence[bytes], page: str) -> tuple[str, ...] | None:
    try:
        return tuple(text.decode(page) for text in texts)
    except UnicodeDecodeError:
        return None


def _unlikely(texts: Iterable[str], page: str) -> float:
    """Return the share (0 to 1) of characters that names in this code page seldom hold.

    Letters make names. A backslash among them is half of a character that was torn.
    """
    characters = [c for text in texts for c in text if not c.isascii() or c == "\\"]
    odd = sum(not c.isalnum() or ord(c) in _HALF_WIDTH_KATAKANA for c in characters)
    if page == "cp949":
        # Today's Korean is written without Chinese characters.
        odd += sum(ord(c) in _HAN for c in characters)
    return odd / max(1, len(characters))
