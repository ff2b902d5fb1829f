"""Reading JSON of any length part by part: a file of 200 MB would be 2 GB of Python objects.

What is held is one entry of the document at a time, never more than `MOST_CHARACTERS` of text.
"""

import codecs
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

MOST_CHARACTERS = 4 << 20
_FIRST_CHARACTERS = 1 << 16
_SPACE = " \t\r\n"
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NotJson(ValueError):
    """The text is no JSON, is nested too deeply, or has an entry that is too large; says which."""


class NotDocument(NotJson):
    """The text is not one array or object: something else, or several documents."""


def parts(chunks: Iterable[bytes]) -> Iterator[tuple[str, Any]]:
    """Yield (key, value) for the entries of a document: those of an array have the key "".

    Where the value of an object's key is an array, its entries come one by one, each under that
    key; an empty one does not come. `chunks` is UTF-8, or UTF-16 with its mark. Raises `NotJson`.
    """
    text = _Text(chunks)
    first = text.peek()
    if first == "[":
        yield from (("", value) for value in text.entries())
    elif first == "{":
        yield from _entries_of_object(text)
    else:
        raise NotDocument("it holds neither an array nor an object")
    if text.peek():
        raise NotDocument("something follows its end")


def lines(chunks: Iterable[bytes]) -> Iterator[Any]:
    """Yield the documents of JSON lines, one after the other; raises `NotJson`."""
    text = _Text(chunks)
    while text.peek():
        yield text.value()


def _entries_of_object(text: "_Text") -> Iterator[tuple[str, Any]]:
    text.take("{")
    if text.peek() == "}":
        text.take("}")
        return
    while True:
        key = text.value()
        if not isinstance(key, str):
            raise NotJson("a key is no text")
        text.take(":")
        if text.peek() == "[":
            yield from ((key, value) for value in text.entries())
        else:
            yield key, text.value()
        if text.take(",}") == "}":
            return


class _Text:
    """Text that comes piece by piece, and how far it has been read."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        rest = iter(chunks)
        first = b""
        while len(first) < len(codecs.BOM_UTF8) and (chunk := next(rest, b"")):
            first += chunk
        encoding = "utf-16" if first.startswith(_BOMS) else "utf-8-sig"
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._chunks = itertools.chain([first], rest)
        self._held = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """Return the next character that is no space, or '' at the end."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._held):
                return self._held[self._at]
            if self._ended:
                return ""
            self._read_on()

    def take(self, allowed: str) -> str:
        """Return the next character, which is one of these, and go on behind it."""
        found = self.peek()
        if not found or found not in allowed:
            raise NotJson(f"“{found or 'its end'}” stands where “{allowed}” is expected")
        self._at += 1
        return found

    def value(self) -> Any:
        """Return the next value and go on behind it."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError:
                if self._ended:
                    raise NotJson("it is damaged or cut off") from None
            except RecursionError:
                raise NotJson("it is nested too deeply") from None
            except ValueError:
                raise NotJson("it holds a number that is too large") from None
            else:
                # A number at the end of what was read may go on.
                if end - self._at > MOST_CHARACTERS:
                    raise _too_long()
                if end < len(self._held) or self._ended:
                    self._at = end
                    return value
            if len(self._held) - self._at > MOST_CHARACTERS:
                raise _too_long()
            self._read_on()

    def entries(self) -> Iterator[Any]:
        """Yield the entries of the array that is next."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        while True:
            yield self.value()
            if self.take(",]") == "]":
                return

    def _read_on(self) -> None:
        """Hold at least twice as much as is unread."""
        unread = self._held[self._at :]
        pieces, wanted = [unread], max(len(unread), _FIRST_CHARACTERS)
        while wanted > 0 and not self._ended:
            piece = self._decoded(next(self._chunks, None))
            wanted -= len(piece)
            pieces.append(piece)
        self._held, self._at = "".join(pieces), 0

    def _decoded(self, chunk: bytes | None) -> str:
        self._ended = chunk is None
        try:
            return self._decoder.decode(chunk or b"", final=self._ended)
        except UnicodeDecodeError:
            raise NotJson("it is not UTF-8") from None


def _too_long() -> NotJson:
    return NotJson(f"one of its entries has more than {MOST_CHARACTERS:,} characters")


_DECODER = json.JSONDecoder()
