"""Reading request bodies: what no later step could handle is refused here, as the sender's."""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from common.texts import nfc_throughout

# The longest whole number that still is a float: serializers and settings turn one into the other.
MAX_DIGITS = 308
_HALF_OF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


class JSONParser(parsers.JSONParser):
    """JSON in UTF-8, without what passes REST framework's own parser and breaks elsewhere.

    That is nesting deeper than Python's stack, halves of surrogate pairs (no UTF-8 and no database
    has them), endless whole numbers, and names that stand twice in an object: only the last value
    would be read. Strings come out in NFC.
    """

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value; raises `ParseError`."""
        try:
            text = stream.read().decode()
            data = json.loads(
                text,
                parse_int=_whole_number,
                parse_float=_number,
                parse_constant=_refuse_constant,
                object_pairs_hook=_object,
            )
            if _HALF_OF_A_PAIR.search(text):
                json.dumps(data, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError("This JSON is nested too deeply.") from None
        except UnicodeEncodeError:
            raise ParseError(
                "This JSON holds half of a surrogate pair, which is no text."
            ) from None
        except ValueError as error:
            raise ParseError(f"This is not JSON: {error}") from None
        return data if text.isascii() and "\\u" not in text else nfc_throughout(data)


def _whole_number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a whole number may have {MAX_DIGITS} digits, not {len(digits)}")
    return int(digits)


def _number(digits: str) -> float:
    found = float(digits)
    if not math.isfinite(found):
        raise ValueError(f"{digits[:40]} is larger than any number here")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object names {twice[:60]!r} twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
