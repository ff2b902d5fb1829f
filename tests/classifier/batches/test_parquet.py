"""A batch's results as Parquet: written while the rows are read, by a thread that ends."""

import asyncio
import io
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from classifier.batches.selectors.parquet import parquet_of
from classifier.models import BatchPrediction, BatchResult
from jobs.models import Job
from tests import factories

COLUMNS = ("index", "name", "status", "probability", "classes")
ROWS = 500


def parts_of(count: int, read: list[int]):
    for part in range(count):
        read.append(part)
        yield [
            {
                "index": part * ROWS + n, "name": f"{n}.png", "status": 200, "probability": 0.5,
                "classes": [{"class_name": "red", "probability": 0.5}] if n else None,
            }
            for n in range(ROWS)
        ]  # fmt: skip


def test_bytes_come_while_rows_are_read():
    import pyarrow.parquet as pq

    read: list[int] = []
    content, read_before_bytes = b"", 0
    for block in parquet_of(parts_of(40, read), COLUMNS):
        read_before_bytes = read_before_bytes or (len(read) if block else 0)
        content += block
    assert read_before_bytes < 10
    table = pq.read_table(io.BytesIO(content)).to_pylist()
    assert [row["index"] for row in table] == list(range(40 * ROWS))
    assert table[0]["classes"] == []
    assert table[1]["classes"][0]["class_name"] == "red"


def test_nothing_goes_on_when_the_client_has_gone():
    before = set(threading.enumerate())
    read: list[int] = []
    blocks = parquet_of(parts_of(1_000, read), COLUMNS)
    next(blocks)
    [writer] = set(threading.enumerate()) - before
    blocks.close()
    writer.join(10)
    assert not writer.is_alive()
    assert read == [0]


def test_a_row_that_cannot_be_written_ends_the_file():
    def rows():
        yield from parts_of(1, [])
        yield [{**dict.fromkeys(COLUMNS), "index": "no number"}]
        yield from parts_of(1_000, [])

    with pytest.raises(Exception, match="cannot be interpreted as an integer"):
        list(parquet_of(rows(), COLUMNS))


@pytest.fixture
def url(user):
    version = factories.make_model_version(factories.make_run(user))
    organization = user.personal_organization
    job = Job.objects.create(
        kind="batch_prediction", queue="io", organization=organization, title="Batch"
    )
    batch = BatchPrediction.objects.create(
        organization=organization, model_version=version, job=job, source="archive",
        source_name="a.zip", image_count=1, top_k=1, created_by=user,
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    BatchResult.objects.create(batch=batch, index=0, name="a.png", code="not_an_image", detail="No")
    return f"/api/v1/batch-predictions/{batch.pk}/results/"


def test_one_at_a_time_for_a_person(api, url):
    first = api.get(url, {"format": "parquet"})
    assert first.status_code == 200
    second = api.get(url, {"format": "parquet"})
    assert (second.status_code, second.json()["code"]) == (429, "too_many_downloads")
    assert second["Retry-After"] == "5"
    assert api.get(url, {"format": "csv"}).status_code == 200

    async def content() -> bytes:
        return b"".join([block async for block in first.streaming_content])

    assert asyncio.run(content()).startswith(b"PAR1")
    # The end of one lets the next begin.
    assert api.get(url, {"format": "parquet"}).status_code == 200
