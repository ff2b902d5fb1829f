"""Names that people give to things: what they may not hold, because a reader would not see it."""

import unicodedata

from common.errors import FieldError, Invalid

# Marks that turn the direction of writing, and letters of no width, which make two names look like
# one. The joiners U+200C and U+200D stay: Persian and Hindi words and some emoji need them.
_UNSEEN = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d"
    "\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u3164\ufeff\uffa0"
)


def unseen_character(text: str) -> str | None:
    """Return the first control, bidirectional or invisible character of `text`, if any."""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _UNSEEN:
            return character
    return None


def require_name(name: str, longest: int) -> str:
    """Return the name of something new; raises `Invalid` at `/name` for one past `longest`
    characters, or with one that cannot be seen."""
    if len(name) > longest:
        detail = f"A name may have {longest} characters; this one has {len(name)}."
        raise Invalid(detail, errors=[FieldError("/name", "too_long", detail)])
    return require_readable(name)


def require_readable(name: str, *, pointer: str = "/name") -> str:
    """Return `name`; raises `Invalid` at `pointer` when it holds an invisible character."""
    unseen = unseen_character(name)
    if unseen is not None:
        detail = (
            "A name holds only characters that can be seen; this one has "
            f"U+{ord(unseen):04X} {unicodedata.name(unseen, 'a control character').lower()}."
        )
        raise Invalid(detail, errors=[FieldError(pointer, "unseen_character", detail)])
    return name
