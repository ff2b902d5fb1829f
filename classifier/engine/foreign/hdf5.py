"""The scan of a file of weights (HDF5) before a number of it is read: links, sizes, filters.

It goes through the lowest level of h5py, which opens no other file by itself, in the process that
opens foreign models alone.
"""

import math
from typing import Any

import h5py
from h5py import h5a, h5d, h5f, h5g, h5o, h5t, h5z

from classifier.engine.foreign import limits
from classifier.engine.foreign.errors import ForeignRefused

_NUMBERS = (h5t.INTEGER, h5t.FLOAT, h5t.ENUM)
_FILTERS = (h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32)
_HARD, _SOFT, _EXTERNAL = h5py.h5l.TYPE_HARD, h5py.h5l.TYPE_SOFT, h5py.h5l.TYPE_EXTERNAL
_LINKS = {_SOFT: "a soft link", _EXTERNAL: "an external link, to another file"}


def scan_weights(content: bytes) -> int:
    """Return how many numbers the file holds; raises ForeignRefused naming what is at fault."""
    try:
        with h5py.File(h5f.open_file_image(content)) as file:
            return _Scan(len(content)).group(file.id, "", 0)
    except ForeignRefused:
        raise
    except Exception as error:  # h5py raises what the library's stack of errors says: any class
        raise ForeignRefused(
            "damaged_weights", "The file of weights (HDF5) is damaged.", "Save the model again."
        ) from error


class _Scan:
    def __init__(self, size: int) -> None:
        self._size = size
        self._seen: set[Any] = set()
        self._declared = 0

    def group(self, group: h5g.GroupID, path: str, depth: int) -> int:
        """Return how many numbers the datasets below hold."""
        if depth > limits.GROUP_DEPTH:
            raise _refused("weights_too_deep", path, f"is nested past {limits.GROUP_DEPTH} groups")
        self._meet(group, path)
        total = 0
        for raw in group:
            name = raw.decode("utf-8", "replace")
            where = f"{path}/{name}"
            kind = group.links.get_info(raw).type
            if kind != _HARD:
                raise _refused(
                    "link_not_allowed", where, f"is {_LINKS.get(kind, 'a strange link')}"
                )
            found = h5o.open(group, raw)
            if isinstance(found, h5g.GroupID):
                total += self.group(found, where, depth + 1)
            elif isinstance(found, h5d.DatasetID):
                total += self._dataset(found, where)
            else:
                raise _refused("object_not_allowed", where, "is neither a group nor numbers")
        return total

    def _meet(self, found: Any, path: str) -> None:
        info = h5o.get_info(found)
        if info.addr in self._seen:
            raise _refused("link_not_allowed", path, "is linked twice")
        self._seen.add(info.addr)
        if len(self._seen) > limits.OBJECTS:
            raise _refused(
                "weights_too_large", path, f"is one object too many: {limits.OBJECTS:,} are allowed"
            )
        count = h5a.get_num_attrs(found)
        if count > limits.ATTRIBUTES:
            raise _refused("weights_too_large", path, f"has {count:,} attributes")
        for number in range(count):
            _check_attribute(h5a.open(found, index=number), path)

    def _dataset(self, found: h5d.DatasetID, path: str) -> int:
        self._meet(found, path)
        creation = found.get_create_plist()
        layout = creation.get_layout()
        if layout == h5d.VIRTUAL:
            raise _refused("link_not_allowed", path, "is virtual: its numbers lie in other files")
        if creation.get_external_count():
            raise _refused("link_not_allowed", path, "keeps its numbers in another file")
        if layout not in (h5d.CONTIGUOUS, h5d.CHUNKED, h5d.COMPACT):
            raise _refused("object_not_allowed", path, "is laid out in a way that Keras does not")
        kind = found.get_type()
        if kind.get_class() not in _NUMBERS or kind.get_size() > 8:
            raise _refused("object_not_allowed", path, "holds something else than numbers")
        self._check_filters(creation, path)
        return self._check_size(found, creation, layout, path)

    def _check_filters(self, creation: Any, path: str) -> None:
        for number in range(creation.get_nfilters()):
            if creation.get_filter(number)[0] not in _FILTERS:
                raise _refused("filter_not_allowed", path, "is packed by a filter not allowed")

    def _check_size(self, found: h5d.DatasetID, creation: Any, layout: int, path: str) -> int:
        shape = found.shape if found.rank else ()
        width = found.get_type().get_size()
        count = math.prod(shape)
        declared = count * width
        self._declared += declared
        most = limits.EXPANSION * self._size + limits.EXPANSION_FLOOR
        if len(shape) > limits.RANK or count > limits.PARAMETERS or self._declared > most:
            raise _refused(
                "shape_too_large",
                path,
                f"declares {count:,} numbers ({' × '.join(map(str, shape))}), more than the file "
                f"of {self._size:,} bytes or Loupe's limit of {limits.PARAMETERS:,} allows",
            )
        stored = found.get_storage_size()
        if layout == h5d.CHUNKED:
            chunk = math.prod(creation.get_chunk()) * width
            if chunk > min(limits.CHUNK_BYTES, max(declared, 1) * 2 + limits.EXPANSION_FLOOR):
                raise _refused("shape_too_large", path, f"is cut into chunks of {chunk:,} bytes")
            if declared > limits.EXPANSION * stored + limits.EXPANSION_FLOOR:
                raise _refused("shape_too_large", path, "expands like a bomb")
        elif stored != declared:
            raise _refused("shape_too_large", path, f"has {stored:,} of {declared:,} bytes")
        elif declared > self._size:
            raise _refused("shape_too_large", path, "has more numbers than the file")
        return count


def _check_attribute(found: h5a.AttrID, path: str) -> None:
    kind = found.get_type()
    if kind.get_class() not in (*_NUMBERS, h5t.STRING):
        raise _refused("object_not_allowed", path, "has an attribute that is no number and no text")
    count = math.prod(found.shape) if found.shape else 1
    if count * kind.get_size() > limits.ATTRIBUTE_BYTES:
        raise _refused("weights_too_large", path, "has an attribute that is too large")


def _refused(code: str, path: str, fault: str) -> ForeignRefused:
    shown = (path or "/").encode("unicode_escape").decode()[-120:]
    return ForeignRefused(code, f"In the file of weights, {shown} {fault}.")
