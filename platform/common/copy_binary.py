"""COPY in its binary format: the fastest way of many numbers out of Postgres.

60,000 rows of 2,560 bytes take 0.9 s of a processor, server included; fetched as rows, 1.5 s.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from django.db import connection

# https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": a signature, flags and the
# length of an extension; in each row its number of fields, and before each field its length.
_HEADER_BYTES = 19
_TRAILER_BYTES = 2


def read_binary(
    query: str, values: Mapping[str, Any], fields: Sequence[tuple[Any, ...]]
) -> npt.NDArray[Any]:
    """Return the rows of a SELECT as one structured array; everything is in memory at once.

    `fields` are NumPy's, in the query's order, in network order where they are numbers of
    Postgres (`("place", ">i8")`). Raises `ValueError` where a value has another length, or is null.
    """
    layout = np.dtype([("count", ">i2"), *_with_lengths(fields)])
    stream = io.BytesIO()
    with connection.cursor() as cursor:
        select = cursor.mogrify(query, values).decode()
        cursor.copy_expert(f"COPY ({select}) TO STDOUT (FORMAT binary)", stream, size=1 << 20)
    content = stream.getbuffer()
    count, rest = divmod(len(content) - _HEADER_BYTES - _TRAILER_BYTES, layout.itemsize)
    if rest:
        raise ValueError("The rows are not of the lengths that were expected.")
    rows = np.frombuffer(content, layout, count, _HEADER_BYTES)
    for name, *_ in fields:
        wanted = cast(Any, layout.fields)[name][0].itemsize
        if (rows[f"{name} length"] != wanted).any():
            raise ValueError(f"Some values of {name} have not the {wanted} bytes expected.")
    return rows


def _with_lengths(fields: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [each for field in fields for each in ((f"{field[0]} length", ">i4"), field)]
