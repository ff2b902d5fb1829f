"""What counting a million predictions costs, and what their page and API cost then.

``python -m tests.bench.monitoring_cost`` from the repository root; rows by COPY, over 90 days, of
an organization that asks one model of ten classes. Milliseconds are of a processor: this process
and its Postgres backend (`page_cost`).
"""

from tests.bench.labelling import cpu_seconds

# isort: split

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from classifier.models import FiguresMark, Prediction, PredictionFigures, Step
from classifier.monitoring.services import count_predictions as counting
from classifier.prediction.services.keep import COLUMNS as KEPT
from common.copy_rows import copy_rows
from tests import factories
from tests.bench.page_cost import view

PREDICTIONS, DAYS, CLASSES = 1_000_000, 90, 10
PIECE = 50_000


def rows(version, random: np.random.Generator) -> Iterator[list]:
    """Yield predictions of the last 90 days in the order in which they came."""
    now = timezone.now()
    seconds = np.sort(random.uniform(180, DAYS * 86_400, PREDICTIONS))[::-1]
    organization = version.model.organization_id
    for second in seconds:
        confidence = float(random.beta(8, 1))
        name = f"class {random.integers(CLASSES)}"
        answer = {
            "schema": 1,
            "classes": [
                {"class_name": name, "probability": confidence},
                {"class_name": "another", "probability": 1 - confidence},
            ],
            "decision": "accept" if confidence > 0.8 else "review",
        }
        values = {
            "id": uuid.uuid4(),
            "created_at": now - timedelta(seconds=float(second)),
            "name": "photo.jpg",
            "image_sha256": "0" * 64,
            "answer": answer,
            "precision": "float32",
            "latency_ms": int(random.gamma(3, 8)),
            "model_version_id": version.pk,
            "organization_id": organization,
            "created_by_id": None,
        }
        yield [values[column] for column in KEPT]


def main() -> None:
    """Make a database, fill the table, count it, and ask for the page."""
    connection.creation.create_test_db(verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    user = factories.make_user("monitored")
    version = factories.make_model_version(factories.make_run(user))
    piece: list[list] = []
    for row in rows(version, np.random.default_rng(0)):
        piece.append(row)
        if len(piece) == PIECE:
            copy_rows(Prediction, KEPT, piece)
            piece = []
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE classifier_prediction")
    start, turns = cpu_seconds(), 0
    counting.count_predictions()
    while FiguresMark.objects.get().until < timezone.now() - timedelta(minutes=3):
        counting.count_predictions()
        turns += 1
    spent = cpu_seconds() - start
    counted = sum(PredictionFigures.objects.filter(step=Step.HOUR).values_list("count", flat=True))
    print(
        f"{counted:,} of {PREDICTIONS:,} counted in {turns:,} turns, {spent:.1f} s of a processor"
    )
    start = cpu_seconds()
    counting.count_predictions()
    print(f"a turn with nothing new: {(cpu_seconds() - start) * 1000:.1f} ms")
    start = cpu_seconds()
    counting.count_latecomers()
    print(f"a look for latecomers of two days: {(cpu_seconds() - start) * 1000:.0f} ms")
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    for name, query in (("7 days by hour", ""), ("90 days by day", "?span=quarter")):
        view(f"page, {name}", client, f"/models/{version.model_id}/monitoring/{query}")
    quarter = (timezone.now() - timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for name, query in (
        ("7 days by hour", ""),
        ("90 days by day", f"?step=day&from={quarter}"),
        (
            "41 days by hour",
            f"?from={(timezone.now() - timedelta(days=41)).strftime('%Y-%m-%dT%H:%M:%SZ')}",
        ),
    ):
        view(f"API, {name}", client, f"/api/v1/models/{version.model_id}/monitoring/{query}")
    start = cpu_seconds()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('hour', created_at), count(*) FROM classifier_prediction"
            " WHERE model_version_id = %s GROUP BY 1",
            [version.pk],
        )
        cursor.fetchall()
    print(f"for comparison, count(*) by hour each time: {(cpu_seconds() - start) * 1000:.0f} ms")
    print(json.dumps({"rows of figures": PredictionFigures.objects.count()}))


if __name__ == "__main__":
    main()
