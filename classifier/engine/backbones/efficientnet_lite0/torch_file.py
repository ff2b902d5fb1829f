"""Arrays of a file that `torch.save` wrote before version 1.6, without torch.

Such a file is five pickles (a magic number, a protocol number, facts of the machine, the tensors
by name, the keys of their storages) and then each storage: its length, then its numbers. A pickle
can call whatever it names, so this reader resolves four names and refuses every other. The file's
hash is compared before it is opened (docs/adr/0020).
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_LENGTH = np.dtype("<i8")


class BadTorchFile(Exception):
    """The file is damaged, of another format, or names what this reader does not resolve."""


class _Storage(NamedTuple):
    """Numbers of one type that tensors share; they stand at the end of the file, by `key`."""

    dtype: str
    key: str
    length: int

    @property
    def bytes(self) -> int:
        return self.length * np.dtype(self.dtype).itemsize


class _Tensor(NamedTuple):
    """Where a tensor's numbers lie in its storage; `offset` and `strides` count numbers."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_arrays(path: Path) -> dict[str, Array]:
    """Return the file's tensors by name, in its order; raises BadTorchFile."""
    try:
        with path.open("rb") as file:
            _check_header(file)
            tensors = _Unpickler(file).load()
            keys = _Unpickler(file).load()
            storages = _read_storages(file, tensors, keys)
            return {name: _array(tensor, storages) for name, tensor in tensors.items()}
    except BadTorchFile:
        raise
    except Exception as error:  # damaged bytes raise anything, within what four names can do
        raise BadTorchFile(f"{path.name} cannot be read: {error}") from error


def _check_header(file: BinaryIO) -> None:
    magic, protocol, machine = (_Unpickler(file).load() for _ in range(3))
    if (magic, protocol) != (_MAGIC, _PROTOCOL) or not machine["little_endian"]:
        raise BadTorchFile("It is no file that torch.save wrote before version 1.6.")


def _rebuild_tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *rest: Any
) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


class _Unpickler(pickle.Unpickler):
    """Resolves four names: a dictionary, two types of numbers, and where a tensor lies."""

    _KNOWN = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch", "FloatStorage"): "<f4",
        ("torch", "LongStorage"): "<i8",
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._KNOWN[module, name]
        except KeyError:
            raise BadTorchFile(f"It names {module}.{name}, which is not read.") from None

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _location, length, _view = pid
        if kind != "storage" or dtype not in ("<f4", "<i8"):
            raise BadTorchFile("It refers to something that is no storage of numbers.")
        return _Storage(dtype, str(key), int(length))


def _read_storages(
    file: BinaryIO, tensors: dict[str, _Tensor], keys: list[str]
) -> dict[str, Array]:
    known = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    return {key: _read_storage(file, known[key]) for key in keys}


def _read_storage(file: BinaryIO, storage: _Storage) -> Array:
    [length] = np.frombuffer(file.read(_LENGTH.itemsize), _LENGTH)
    content = file.read(storage.bytes)
    if length != storage.length or len(content) != storage.bytes:
        raise BadTorchFile("It is cut short, or its storages are not those that it names.")
    return np.frombuffer(content, storage.dtype)


def _array(tensor: _Tensor, storages: dict[str, Array]) -> Array:
    """Return a view of the storage; the last number that it shows must lie in it."""
    storage = storages[tensor.storage.key]
    steps = list(zip(tensor.shape, tensor.strides, strict=True))
    last = tensor.offset + sum((side - 1) * stride for side, stride in steps)
    numbers = (tensor.offset, *tensor.shape, *tensor.strides)
    if min(numbers) < 0 or min((1, *tensor.shape)) < 1 or last >= len(storage):
        raise BadTorchFile("A tensor reaches beyond its storage.")
    return np.lib.stride_tricks.as_strided(
        storage[tensor.offset :],
        tensor.shape,
        [stride * storage.itemsize for stride in tensor.strides],
        writeable=False,
    )
