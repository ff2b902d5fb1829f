"""Many SHA-256 in little room: 32 bytes each, where text would take four times as much."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

BYTES = 32
Places = npt.NDArray[np.integer[Any]]


class Digests(Sequence[str]):
    """SHA-256 that are read as hexadecimal text and kept as bytes (n, 32)."""

    def __init__(self, kept: npt.NDArray[np.uint8]) -> None:
        self._kept = kept

    @classmethod
    def of(cls, names: Iterable[str]) -> "Digests":
        """Return the digests of these names; raises ValueError for one that is no SHA-256."""
        if isinstance(names, cls):
            return names
        kept = bytearray()
        for name in names:
            kept += bytes.fromhex(name)
            if len(name) != 2 * BYTES:
                raise ValueError(f"A SHA-256 has {2 * BYTES} hexadecimal digits, not {len(name)}.")
        return cls.read(bytes(kept))

    @classmethod
    def read(cls, kept: bytes) -> "Digests":
        """Return the digests that stand one after another in these bytes."""
        return cls(np.frombuffer(kept, np.uint8).reshape(-1, BYTES))

    @property
    def keys(self) -> npt.NDArray[np.bytes_]:
        """The digests (n,) as bytes that NumPy sorts and compares."""
        return np.ascontiguousarray(self._kept).view(f"S{BYTES}").reshape(-1)

    def take(self, places: Places) -> "Digests":
        """Return the digests at these places, in their order."""
        return Digests(self._kept[places])

    def __add__(self, other: "Digests") -> "Digests":
        return Digests(np.concatenate([self._kept, other._kept]))

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> "Digests": ...
    def __getitem__(self, place: int | slice) -> "str | Digests":
        found = self._kept[place]
        return Digests(found) if isinstance(place, slice) else found.tobytes().hex()

    def __iter__(self) -> Iterator[str]:
        return (row.tobytes().hex() for row in self._kept)
