"""Licences of images: what may be chosen, by the identifiers of the SPDX licence list."""

from typing import NamedTuple

from common.errors import FieldError, Invalid
from common.names import unseen_character
from common.texts import nfc

NOT_STATED = ""
# Own data, or a licence without an identifier: then words say which.
OTHER = "other"
# The code of a licence and words that do not fit each other.
MISMATCH = "licence_text_mismatch"
MOST_WORDS = 500
_TITLES = {
    "CC0-1.0": "Creative Commons Zero 1.0 (no rights kept)",
    "CC-BY-4.0": "Creative Commons Attribution 4.0",
    "CC-BY-SA-4.0": "Creative Commons Attribution, share alike 4.0",
    "CC-BY-NC-4.0": "Creative Commons Attribution, non-commercial 4.0",
    "CC-BY-NC-SA-4.0": "Creative Commons Attribution, non-commercial, share alike 4.0",
    "CC-BY-ND-4.0": "Creative Commons Attribution, no derivatives 4.0",
    "CC-BY-NC-ND-4.0": "Creative Commons Attribution, non-commercial, no derivatives 4.0",
    "CC-BY-3.0": "Creative Commons Attribution 3.0",
    "CC-BY-SA-3.0": "Creative Commons Attribution, share alike 3.0",
    "CC-BY-NC-3.0": "Creative Commons Attribution, non-commercial 3.0",
    "CC-BY-2.0": "Creative Commons Attribution 2.0",
    "CC-BY-NC-SA-2.0": "Creative Commons Attribution, non-commercial, share alike 2.0",
    "CDLA-Permissive-2.0": "Community Data License Agreement, permissive 2.0",
    "CDLA-Permissive-1.0": "Community Data License Agreement, permissive 1.0",
    "CDLA-Sharing-1.0": "Community Data License Agreement, sharing 1.0",
    "ODbL-1.0": "Open Data Commons Open Database License 1.0",
    "ODC-By-1.0": "Open Data Commons Attribution License 1.0",
    "PDDL-1.0": "Open Data Commons Public Domain Dedication 1.0",
    "C-UDA-1.0": "Computational Use of Data Agreement 1.0",
    "O-UDA-1.0": "Open Use of Data Agreement 1.0",
    "DL-DE-BY-2.0": "Data licence Germany, attribution 2.0",
    "DL-DE-ZERO-2.0": "Data licence Germany, zero 2.0",
    "etalab-2.0": "Etalab Open License 2.0 (France)",
    "OGL-UK-3.0": "Open Government Licence 3.0 (United Kingdom)",
    "NLOD-2.0": "Norwegian Licence for Open Government Data 2.0",
    "Apache-2.0": "Apache License 2.0",
    "BSD-3-Clause": "BSD 3-Clause License",
    "MIT": "MIT License",
}
CHOICES = [
    *((name, f"{name}: {title}") for name, title in _TITLES.items()),
    (OTHER, "Own data, or another licence (say which)"),
]


class Licence(NamedTuple):
    """A licence: an SPDX identifier, `OTHER` with words, or `NOT_STATED`."""

    name: str = NOT_STATED
    words: str = ""

    @property
    def stated(self) -> bool:
        """Whether a person said which it is."""
        return self.name != NOT_STATED

    @property
    def label(self) -> str:
        """What a table calls it."""
        if not self.stated:
            return "not stated"
        return f"own or other: {self.words}" if self.name == OTHER else self.name

    @property
    def non_commercial(self) -> bool:
        """Whether its name, or one in its words, says that it allows no commercial use."""
        return "-NC" in self.name or "-NC" in self.words


def changed_licence(before: Licence, name: str | None, words: str | None) -> Licence:
    """Return what a licence becomes when `name`, `words` or both are set (None: as before).

    Words go with `OTHER` alone, which needs them; they leave with it. Raises `Invalid` with a
    pointer for an unknown name, and for words that are missing, too long or out of place.
    """
    wanted = before.name if name is None else name
    if wanted not in {NOT_STATED, *dict(CHOICES)}:
        raise _invalid("licence", f"The licence may be {', '.join(dict(CHOICES))} or empty; "
                                  f"received {wanted[:40]!r}.")  # fmt: skip
    if wanted != OTHER:
        if words:
            raise _invalid(
                "licence_text",
                f"licence_text goes with the licence {OTHER!r} alone; received it with {wanted!r}.",
                code=MISMATCH,
            )
        return Licence(wanted)
    text = before.words if words is None else _clean(words)
    if not text:
        detail = f"The licence {OTHER!r} needs licence_text: say which."
        raise _invalid("licence_text", detail, code=MISMATCH)
    return Licence(OTHER, text)


def _clean(words: str) -> str:
    text = " ".join(nfc(words).split())
    if len(text) > MOST_WORDS:
        raise _invalid(
            "licence_text",
            f"licence_text may have up to {MOST_WORDS} characters; received {len(text):,}.",
        )
    unseen = unseen_character(text)
    if unseen is not None:
        raise _invalid(
            "licence_text",
            f"licence_text holds only characters that can be seen; this has U+{ord(unseen):04X}.",
        )
    return text


def _invalid(field: str, detail: str, code: str = "invalid") -> Invalid:
    return Invalid(detail, errors=[FieldError(f"/{field}", code, detail)])
