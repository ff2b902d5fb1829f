"""The results of a batch as a Parquet file."""

import io
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import accumulate, chain
from queue import Full, Queue, SimpleQueue
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from arro3.core import Array, DataType, Field, RecordBatch, Schema

Rows = list[dict[str, Any]]
_GROUP_ROWS = 2_000
_LOOK_SECONDS = 1


def parquet_of(parts: Iterator[Rows], columns: Sequence[str]) -> Iterator[bytes]:
    """Yield the file while the rows are read; each part of up to 2,000 rows is a row group.

    Rows have `columns`: `index`, `status`, `probability`, texts, and `classes`, a list of
    `{class_name, probability}`. Nothing is kept on disk, and the memory that it takes is that of a
    few parts. A block may be empty. A thread writes; it ends when the iterator is closed.
    """
    writer = _Writer(_schema(columns))
    try:
        for rows in parts:
            writer.give(rows)
            yield writer.taken()
    finally:
        writer.give(None)
    yield writer.rest()


class _Writer:
    """The thread that writes: arro3 takes all parts, and gives the whole file, in one call."""

    def __init__(self, schema: "Schema") -> None:
        self._parts: Queue[Rows | None] = Queue(1)
        self._file = _Written()
        self._end: Future[None] = Future()
        # A daemon: the server's own end waits for no download.
        threading.Thread(target=self._write, args=[schema], daemon=True).start()

    def give(self, rows: Rows | None) -> None:
        """Hand a part over as soon as the one before is taken; None is the end."""
        while not self._end.done():
            with suppress(Full):
                self._parts.put(rows, timeout=_LOOK_SECONDS)
                return

    def taken(self) -> bytes:
        """Return what was written since the last call; raises what the writer did."""
        if self._end.done():
            self._end.result()
        return self._file.taken()

    def rest(self) -> bytes:
        """Return what is still to come, once that is written; raises what the writer did."""
        self._end.result()
        return self._file.taken()

    def _write(self, schema: "Schema") -> None:
        try:
            # Thirty megabytes that most processes never need.
            from arro3.core import RecordBatchReader
            from arro3.io import write_parquet

            batches = (_batch(rows, schema) for rows in iter(self._parts.get, None))
            write_parquet(
                RecordBatchReader.from_batches(schema, batches),
                cast(IO[bytes], self._file),
                compression="snappy",
                max_row_group_size=_GROUP_ROWS,
            )
        except BaseException as error:
            self._end.set_exception(error)
        else:
            self._end.set_result(None)


class _Written(io.RawIOBase):
    """A file that is written from its beginning to its end, and taken away meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: SimpleQueue[bytes] = SimpleQueue()

    def write(self, block: Any) -> int:
        """Keep a block."""
        self._blocks.put(bytes(block))
        return len(block)

    def taken(self) -> bytes:
        """Return what was written since the last call."""
        return b"".join(self._blocks.get() for _ in range(self._blocks.qsize()))


def _schema(columns: Sequence[str]) -> "Schema":
    from arro3.core import DataType, Field, Schema

    types = {
        "index": DataType.int32(),
        "status": DataType.int16(),
        "probability": DataType.float32(),
        "classes": _classes_type(),
    }
    return Schema([Field(name, types.get(name, DataType.utf8())) for name in columns])


def _classes_type() -> "DataType":
    from arro3.core import DataType, Field

    return DataType.list(Field("item", DataType.struct(_class_fields())))


def _class_fields() -> "list[Field]":
    from arro3.core import DataType, Field

    return [Field("class_name", DataType.utf8()), Field("probability", DataType.float32())]


def _batch(rows: Rows, schema: "Schema") -> "RecordBatch":
    from arro3.core import Array, RecordBatch

    arrays = [
        _classes([row["classes"] or [] for row in rows])
        if name == "classes"
        else Array([row[name] for row in rows], type=schema.field(name).type)
        for name in schema.names
    ]
    return RecordBatch.from_arrays(arrays, schema=schema)


def _classes(lists: list[list[dict[str, Any]]]) -> "Array":
    from arro3.core import Array, list_array, struct_array

    offsets = np.fromiter(accumulate(map(len, lists), initial=0), np.int32, len(lists) + 1)
    fields = _class_fields()
    values = [
        Array([each[field.name] for each in chain.from_iterable(lists)], type=field.type)
        for field in fields
    ]
    structs = struct_array(values, fields=fields)
    return list_array(Array.from_numpy(offsets), structs, type=_classes_type())
