"""The results of a batch as one file: JSON lines, CSV or Parquet, written while it is read."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from classifier.batches.selectors.parquet import parquet_of
from classifier.batches.selectors.results import ResultFilter, each_result, in_parts
from classifier.models import BatchPrediction, BatchResult
from common.spreadsheets import cell

_ROWS = 2_000
_COLUMNS = (
    "index", "name", "image", "sha256", "status", "class_name", "probability", "decision", "code",
    "detail", "classes",
)  # fmt: skip
Blocks = Iterator[bytes]


class Format(NamedTuple):
    """One kind of file: its title, ending and media type, and what writes it in blocks.

    One that `takes_thread` has a thread of its own until it ends.
    """

    title: str
    ending: str
    media_type: str
    write: Callable[[Iterator[BatchResult]], Blocks]
    takes_thread: bool = False


def entry_of(result: BatchResult) -> dict[str, Any]:
    """Return a result as the API and JSON lines have it: `status` 200 or 422, as predictions."""
    entry: dict[str, Any] = {
        "index": result.index,
        "name": result.name,
        "image": str(result.image_id) if result.image_id else None,
        "sha256": result.sha256 or None,
    }
    if result.code:
        return {**entry, "status": 422, "code": result.code, "detail": result.detail}
    return {
        **entry,
        "status": 200,
        "classes": result.classes,
        "decision": result.decision or None,
    }


def blocks_of(batch: BatchPrediction, format: str, wanted: ResultFilter) -> Blocks:
    """Yield the file in blocks; `format` is one of `FORMATS`."""
    return FORMATS[format].write(each_result(batch, wanted))


def _json_lines(results: Iterator[BatchResult]) -> Blocks:
    for part in in_parts(results, _ROWS):
        lines = (json.dumps(entry_of(each), ensure_ascii=False) for each in part)
        yield "".join(f"{line}\n" for line in lines).encode()


def _csv(results: Iterator[BatchResult]) -> Blocks:
    """Yield rows whose texts no spreadsheet takes for formulas; `classes` is JSON."""
    yield f"{','.join(_COLUMNS)}\r\n".encode()
    for part in in_parts(results, _ROWS):
        stream = io.StringIO()
        writer = csv.writer(stream)
        for each in part:
            row = _row(each)
            row["classes"] = json.dumps(row["classes"], ensure_ascii=False)
            values = (row[name] for name in _COLUMNS)
            writer.writerow([cell(each) if isinstance(each, str) else each for each in values])
        yield stream.getvalue().encode()


def _parquet(results: Iterator[BatchResult]) -> Blocks:
    """Yield row groups of 2,000; `classes` is a list of structs."""
    parts = ([_row(each) for each in part] for part in in_parts(results, _ROWS))
    return parquet_of(parts, _COLUMNS)


FORMATS = {
    "jsonl": Format("JSON lines", "jsonl", "application/x-ndjson", _json_lines),
    "csv": Format("CSV", "csv", "text/csv; charset=utf-8", _csv),
    "parquet": Format(
        "Parquet", "parquet", "application/vnd.apache.parquet", _parquet, takes_thread=True
    ),
}


def _row(result: BatchResult) -> dict[str, Any]:
    return {
        "index": result.index,
        "name": result.name,
        "image": str(result.image_id) if result.image_id else None,
        "sha256": result.sha256 or None,
        "status": 422 if result.code else 200,
        "class_name": result.class_name or None,
        "probability": result.probability,
        "decision": result.decision or None,
        "code": result.code or None,
        "detail": result.detail or None,
        "classes": result.classes,
    }
