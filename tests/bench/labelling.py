"""60,000 images in a gallery: every filter, a deep page, the menu, and changes of all at once.

``python -m tests.bench.labelling`` from the repository root. Rows
alone, without files. Prints CPU milliseconds of this process and its Postgres backend (mean of
five: wall time means little on a shared machine) and the number of queries of each page, and CPU
seconds of each bulk edit and of its undo. Another dataset of the same size stands beside it.
"""

import os
import sys
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import tests.servers

tests.servers.start()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from common.copy_rows import copy_rows  # noqa: E402
from datasets.models import ClassLabel, Dataset, Image  # noqa: E402
from datasets.selectors.gallery import Filters, gallery_page  # noqa: E402
from datasets.services.labelling.annotate import annotate  # noqa: E402
from datasets.services.labelling.bulk_edit import bulk_edit  # noqa: E402
from datasets.services.labelling.undo_edit import undo_edit  # noqa: E402
from tests import factories  # noqa: E402

COUNT = 60_000
COLUMNS = (
    "id", "dataset_id", "sha256", "name", "class_label_id", "split", "width", "height", "format",
    "bytes", "metadata", "created_at", "labelled_by_id", "excluded_at", "deleted_at",
)  # fmt: skip


def fill(dataset: Dataset, people: list) -> None:
    """Insert 60,000 rows: ten classes and unlabelled ones, metadata, people, some in the trash."""
    labels = [
        ClassLabel.objects.create(dataset=dataset, name=f"class {n}", position=n) for n in range(10)
    ]
    now = timezone.now()
    rows = []
    for n in range(COUNT):
        label = labels[n % 10].pk if n % 15 else None
        metadata = {"camera": f"cam-{n % 7}", "site": f"site-{n % 400}", "taken": f"t{n}"}
        rows.append(
            (uuid.uuid4(), dataset.pk, f"{n:064x}", f"folder/IMG_{n:06d}.jpg", label,
             ("train", "validation", "test")[n % 3], 32, 32, "JPEG", 1000, metadata,
             now - timedelta(microseconds=n), people[0] if n % 50 == 1 else None,
             now if n % 200 == 2 else None, now if n % 300 == 3 else None)
        )  # fmt: skip
    copy_rows(Image, COLUMNS, rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET max_parallel_workers_per_gather = 0")


def cpu_seconds() -> float:
    """Return the processor time of this process and of its Postgres backend."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    fields = Path(f"/proc/{backend}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def page(name: str, client: Client, address: str, **headers: str) -> None:
    """Print how long a page takes at the server, and how many queries."""
    start = cpu_seconds()
    for _ in range(5):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address, headers=headers).status_code == 200
    used = (cpu_seconds() - start) / 5
    slowest = max(captured.captured_queries, key=lambda query: float(query["time"]))
    print(f"{used * 1000:6.0f} ms {len(captured):3d} queries  {name}")
    if "--sql" in sys.argv and used > 0.1:
        print(slowest["sql"])


def timed(name: str, work: Callable[[], object]) -> object:
    """Print how long `work` takes."""
    wall, start = time.perf_counter(), cpu_seconds()
    result = work()
    print(f"{cpu_seconds() - start:6.2f} s (wall {time.perf_counter() - wall:.1f})  {name}")
    return result


def main() -> None:
    """Fill, then measure."""
    connection.creation.create_test_db(verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    user = factories.make_user()
    for _ in range(2):
        dataset = factories.make_dataset(user=user)
        fill(dataset, [user.pk])
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    address = f"/datasets/{dataset.pk}/"
    cursor = ""
    for _ in range(300):
        cursor = gallery_page(dataset, Filters(), cursor).next_cursor
    pages = {
        "first page": "", "class": "?class_name=class+3", "not labelled": "?annotated=false",
        "split": "?split=test", "name, rare": "?q=IMG_059", "name, one": "?q=059999",
        "name, none": "?q=nothing", "name, all": "?q=img", "left out": "?excluded=1",
        "labelled by": f"?labelled_by={user.username}", "labelled by nobody": "?labelled_by=-",
        "metadata, frequent": "?metadata.camera=cam-3", "metadata, rare": "?metadata.site=site-17",
        "metadata, one": "?metadata.taken=t59999", "in the trash": "?trash=1",
        "six at once": "?class_name=class+3&split=test&q=img&metadata.camera=cam-3&labelled_by=-",
    }  # fmt: skip
    client.get(address)  # Templates are read once.
    for name, query in pages.items():
        page(name, client, address + query)
    page("page 301, as htmx asks", client, f"{address}?after={cursor}", HX_Request="true")
    page("menu of filters", client, f"{address}filters/")
    page("labelling screen", client, f"{address}label/")
    page("trash", client, "/datasets/trash/")
    filters = {
        "": "",
        "not labelled": "&annotated=false",
        "by": f"&labelled_by={user.username}",
        "metadata": "&metadata.site=site-17",
    }
    for name, query in filters.items():
        page(
            f"API images {name}",
            client,
            f"/api/v1/datasets/{dataset.pk}/images/?page_size=20{query}",
        )
    ids = list(
        Image.objects.filter(dataset=dataset, deleted_at=None).values_list("pk", flat=True)[:10_000]
    )
    timed(
        "annotate 10,000",
        lambda: annotate(user=user, dataset=dataset, class_names=dict.fromkeys(ids, "new")),
    )
    for action, filters in (("relabel", Filters()), ("exclude", Filters()), ("include", Filters()),
                            ("trash", Filters()), ("restore", Filters(trash=True))):  # fmt: skip
        name = "class 5" if action == "relabel" else ""
        bulk = timed(f"{action} all", lambda a=action, f=filters, n=name: bulk_edit(
            user=user, dataset=dataset, action=a, selection=f, class_name=n))  # fmt: skip
        print(f"          {bulk.changed} changed")
        undone = timed(f"undo {action}", lambda b=bulk: undo_edit(user=user, edit=b.edit))
        assert undone.left == 0
        if action == "trash":
            bulk_edit(user=user, dataset=dataset, action=action, selection=filters)


if __name__ == "__main__":
    main()
