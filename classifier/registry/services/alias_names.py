"""What an alias may be called: programs ask for it by name, so no two of a model may pass for each
other, and none for `champion` or `challenger`.

It stands in addresses and in code: letters a to z, digits, `-` and `_`.
"""

import re
import unicodedata
from collections.abc import Collection
from difflib import SequenceMatcher

from classifier.models import ModelAlias
from classifier.models.alias import CHALLENGER, CHAMPION
from common.errors import FieldError, Invalid

LONGEST = ModelAlias._meta.get_field("alias").max_length or 0
SHAPE = r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*"
# Words that say which version is meant by themselves, and would lie as soon as the alias moves.
RESERVED = frozenset(
    {"live", "default", "current", "latest", "newest", "previous", "version", "all", "none", "null"}
)
_KNOWN = (CHAMPION, CHALLENGER)
_NUMBER = re.compile(r"(?:v|version)[-_]?\d+")
_SAME_TO_THE_EYE = str.maketrans("013568lj", "oiesbbii", "-_")
# Two names of eight letters that differ in one of them have a ratio of 0.875.
_ALIKE = 0.87


def check_alias_name(alias: str, there: Collection[str] = ()) -> None:
    """Raise `Invalid` (`/alias`) for a name that a new alias may not have beside those `there`."""
    if len(alias) > LONGEST:
        raise _refused(
            "max_length", f"An alias has up to {LONGEST} characters; this one has {len(alias)}."
        )
    if alias in _KNOWN:
        return
    if alias.casefold() in _KNOWN:
        raise _refused(
            f"like_{alias.casefold()}",
            f"Capitals count in aliases: did you mean “{alias.casefold()}”? Received “{alias}”.",
        )
    if not re.fullmatch(SHAPE, alias):
        raise _refused(
            "shape",
            "An alias has letters a to z, digits, and - or _ between them, and begins with a "
            f"letter; received “{alias}”{_odd_character(alias)}.",
        )
    if alias in RESERVED:
        raise _refused(
            "reserved",
            f"“{alias}” says by itself which version is meant, so it is no alias. The version that "
            f"answers by default has the alias “{CHAMPION}”.",
        )
    if _NUMBER.fullmatch(alias):
        raise _refused(
            "like_a_version",
            f"“{alias}” reads like the number of a version, and an alias moves. Versions are asked "
            "for by `version`.",
        )
    _check_likeness(alias, there)


def _check_likeness(alias: str, there: Collection[str]) -> None:
    seen = _to_the_eye(alias)
    for known in _KNOWN:
        # `challenger-eu` says what it is; `cham-pion` and `champions` do not.
        says_so = alias.startswith((f"{known}-", f"{known}_"))
        if not says_so and SequenceMatcher(None, seen, _to_the_eye(known)).ratio() > _ALIKE:
            raise _refused(
                f"like_{known}",
                f"“{alias}” is easily taken for “{known}”: choose another name, or that one.",
            )
    for other in there:
        if _to_the_eye(other.lower()) == seen:
            raise _refused(
                "like_another", f"“{alias}” is easily taken for “{other}”, which is there already."
            )


def _to_the_eye(alias: str) -> str:
    return alias.translate(_SAME_TO_THE_EYE).replace("rn", "m").replace("vv", "w")


def _odd_character(alias: str) -> str:
    """Return the first character that is none of ASCII, by its name in Unicode."""
    for character in alias:
        if not character.isascii():
            name = unicodedata.name(character, "a character without a name").lower()
            return f", which has U+{ord(character):04X} {name}"
    return ""


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError("/alias", code, detail)])
