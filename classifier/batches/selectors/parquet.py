"""The results of a batch as a Parquet file."""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

if TYPE_CHECKING:
    from arro3.core import Array, DataType, Field, RecordBatch, Schema

_BLOCK_BYTES = 1 << 20


def parquet_of(parts: Iterator[list[dict[str, Any]]], columns: Sequence[str]) -> Iterator[bytes]:
    """Yield the file in blocks once it is written; each part of the rows is a row group.

    Rows have `columns`: `index`, `status`, `probability`, texts, and `classes`, a list of
    `{class_name, probability}`. It is written to a file without a name in scratch: the memory that
    it takes is that of one part.
    """
    # Thirty megabytes that most processes never need.
    from arro3.core import RecordBatchReader
    from arro3.io import write_parquet

    schema = _schema(columns)
    batches = (_batch(rows, schema) for rows in parts)
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        write_parquet(
            RecordBatchReader.from_batches(schema, batches), file, compression="snappy",
            max_row_group_size=2_000,
        )  # fmt: skip
        file.seek(0)
        while block := file.read(_BLOCK_BYTES):
            yield block


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


def _batch(rows: list[dict[str, Any]], schema: "Schema") -> "RecordBatch":
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
