"""What counting a million predictions costs, and what their page, API and a scrape cost then.

``python -m tests.bench.monitoring_cost`` from the repository root; over 90 days, of an organization
that asks one model of ten classes. A scrape is of `MODELS` models over `YEARS` years, a
drift check each day. Milliseconds are of a processor: this process and its Postgres backend
(`page_cost`).
"""

from tests.bench.labelling import cpu_seconds

# isort: split

import statistics
from datetime import timedelta

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from classifier.models import DriftCheck, FiguresMark, ModelVersion, PredictionFigures, Step
from classifier.monitoring.selectors.metrics import prediction_metrics
from classifier.monitoring.services import count_predictions as counting
from tests import factories
from tests.bench.page_cost import view

PREDICTIONS, DAYS, CLASSES = 1_000_000, 90, 10
MODELS, YEARS = 50, 3


# Each row as a web process stores it; the server itself makes them up.
_FILL = """
INSERT INTO classifier_prediction (id, created_at, name, image_sha256, answer, precision,
  latency_ms, model_version_id, organization_id)
SELECT gen_random_uuid(), now() - interval '3 minutes' - (interval '1 day' * %(days)s) *
    (1 - each / %(all)s::float8), 'photo.jpg', repeat('0', 64),
  jsonb_build_object('schema', 1, 'classes', jsonb_build_array(
    jsonb_build_object('class_name', 'class ' || each %% %(classes)s, 'probability', sure),
    jsonb_build_object('class_name', 'another', 'probability', 1 - sure)),
    'decision', CASE WHEN sure > 0.8 THEN 'accept' ELSE 'review' END),
  'float32', (5 + 40 * random() * random())::int, %(version)s, %(organization)s
FROM (SELECT each, power(random(), 0.125) AS sure FROM generate_series(1, %(all)s) AS each) AS drawn
ORDER BY each
"""


def main() -> None:
    """Make a database, fill the table, count it, and ask for the page."""
    connection.creation.create_test_db(verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    user = factories.make_user("monitored")
    version = factories.make_model_version(factories.make_run(user))
    values = {
        "days": DAYS,
        "all": PREDICTIONS,
        "classes": CLASSES,
        "version": version.pk,
        "organization": version.model.organization_id,
    }
    start = cpu_seconds()
    with connection.cursor() as cursor:
        cursor.execute(_FILL, values)
        print(f"filled in {cpu_seconds() - start:.0f} s of a processor", flush=True)
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
    print(f"rows of figures: {PredictionFigures.objects.count():,}")
    scrape(user, version)


# As many rows as models and days, however they hang together.
_FILL_FIGURES = """
INSERT INTO classifier_predictionfigures (organization_id, model_version_id, step, at, count,
  accepted, reviewed, unknown, confidence, confidence_sum, latency, latency_sum, timed, classes)
SELECT organization_id, model_version_id, step, at - number * interval '1 day', count, accepted,
  reviewed, unknown, confidence, confidence_sum, latency, latency_sum, timed, classes
FROM (SELECT * FROM classifier_predictionfigures WHERE step = 'day' LIMIT 1) AS day,
  generate_series(1000, 1000 + %(rows)s) AS number
"""
# Checks have no jobs here: no code reads them.
_FREE_CHECKS = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT conname FROM pg_constraint
    WHERE conrelid = 'classifier_driftcheck'::regclass AND contype = 'f' LOOP
    EXECUTE 'ALTER TABLE classifier_driftcheck DROP CONSTRAINT ' || quote_ident(name);
  END LOOP;
END $$
"""
_FILL_CHECKS = """
INSERT INTO classifier_driftcheck SELECT (jsonb_populate_record(look, jsonb_build_object(
  'id', gen_random_uuid(), 'job_id', gen_random_uuid(), 'judgement',
  CASE WHEN number %% 20 = 0 THEN 'watch' ELSE 'quiet' END))).*
FROM classifier_driftcheck AS look, generate_series(1, %(rows)s) AS number
"""


def scrape(user: User, version: ModelVersion) -> None:
    """Print what the part of a scrape costs that is about predictions."""
    DriftCheck.objects.create(
        organization=version.model.organization,
        model=version.model,
        model_version=version,
        job=factories.make_run(user, version.dataset_version).job,
        scheduled=True,
        level=0.0017,
        reference="the 600 test images of a dataset",
    )
    rows = {"rows": MODELS * YEARS * 365}
    with connection.cursor() as cursor:
        cursor.execute(_FREE_CHECKS)
        cursor.execute(_FILL_FIGURES, rows)
        cursor.execute(_FILL_CHECKS, rows)
        cursor.execute("VACUUM ANALYZE classifier_predictionfigures, classifier_driftcheck")
    spent = []
    for _ in range(11):
        start = cpu_seconds()
        list(prediction_metrics())
        spent.append((cpu_seconds() - start) * 1000)
    print(
        f"a scrape with {rows['rows']:,} days of figures and as many drift checks: "
        f"{statistics.median(spent[1:]):.1f} ms (up to {max(spent[1:]):.1f})"
    )


if __name__ == "__main__":
    main()
