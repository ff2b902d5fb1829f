"""Positions in lists, and cursors, as only an attacker writes them."""

import base64
from urllib.parse import urlencode

POSITIONS = [
    "",
    "x",
    "\x00",
    "\ud800",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01",
    "9999-12-31",
    "2026-13-45",
    "2026-02-30T00:00:00Z",
    "infinity",
    "NaN",
    "1e400",
    "-1",
    str(2**31),
    str(2**63),
    "9" * 5000,
    "٢٠٢٦-٠١-٠١",
    "١٢",
]


def cursor(position: str, **other: str) -> str:
    text = urlencode({"p": position, **other}, errors="surrogatepass")
    return base64.b64encode(text.encode()).decode()
