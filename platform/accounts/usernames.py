"""What a user name may be, so that no two people look like one."""

import re
import unicodedata
from functools import cache

from confusable_homoglyphs import categories, confusables

from common.errors import FieldError, Invalid
from common.names import require_readable

_FORM = re.compile(r"[^\W_][\w.+-]*(?<![.+-])")
# Alphabets whose letters pass for each other's.
_LIKE_LATIN = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"}
ALLOWED = "letters and digits, and . _ + - between them"


def check_username(name: str, *, email: str = "") -> str:
    """Return the name in Unicode's NFKC form; raises `Invalid` for one that deceives.

    A mail address is taken as a name only where it is the account's own (`email`): others may sign
    in with theirs in the same field.
    """
    name = unicodedata.normalize("NFKC", name)
    require_readable(name, pointer="/username")
    if "@" in name:
        if name.lower() != email.lower():
            raise _refused("A user name is no mail address; people sign in with either.")
    elif not _FORM.fullmatch(name):
        raise _refused(f"A user name has {ALLOWED}; received {name[:40]!r}.")
    alphabets = {categories.alias(character) for character in name if character.isalpha()}
    if len(alphabets & _LIKE_LATIN) > 1:
        listed = " and ".join(sorted(alphabets & _LIKE_LATIN)).title()
        raise _refused(f"The name mixes {listed} letters. Write it in one alphabet.")
    disguised = [character for character in name if _latin_twin(character)]
    if disguised and _looks_latin(name):
        letter = disguised[0]
        raise _refused(
            f"{letter!r} ({unicodedata.name(letter, '?').lower()}) looks like "
            f"{_latin_twin(letter)!r} here. Write the name in one alphabet."
        )
    return name


def _looks_latin(name: str) -> bool:
    """Whether the name has Latin letters, or could be read as a word of nothing else."""
    letters = [character for character in name if character.isalpha()]
    return any(letter.isascii() for letter in letters) or all(map(_latin_twin, letters))


@cache
def _latin_twin(character: str) -> str:
    """Return the ASCII letter or digit that another character looks like, '' for none."""
    if character.isascii():
        return ""
    found = confusables.is_confusable(character, greedy=True)
    twins = [twin["c"] for entry in found or [] for twin in entry["homoglyphs"]]
    return next(
        (twin for twin in twins if len(twin) == 1 and twin.isascii() and twin.isalnum()), ""
    )


def _refused(detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError("/username", "invalid", detail)])
