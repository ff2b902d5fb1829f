"""PostgreSQL: whether it answers, has the tables of this code, and has the same time."""

import time
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config.doctor.finding import Finding, Level
from datasets.selectors.image_counts import miscounted_datasets

PART = "database"
# Deadlines of predictions compare the clocks of machines; codes of apps live for 30 seconds.
CLOCK_WARNING_SECONDS, CLOCK_FAULT_SECONDS = 2.0, 30.0
# Beside the threads of one web server (docs/operator-guide.md, "Many requests at once").
WEB_CONNECTIONS, WORKER_CONNECTIONS = 14, 24


def look_whether_it_answers() -> Iterator[Finding]:
    """Yield whether PostgreSQL answers; all other looks at rows need that."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            (version,) = cursor.fetchone()
    except DatabaseError as error:
        yield Finding(
            PART,
            Level.FAULT,
            f"PostgreSQL does not answer: {' '.join(str(error).split())}",
            "Every row is there: no page, no API and no job works without it.",
            "Start it (`make run` starts the embedded one), or correct DATABASE_URL.",
        )
    else:
        yield Finding(PART, Level.OK, f"PostgreSQL {version} answers.")


def look_at_migrations() -> Iterator[Finding]:
    """Yield whether the tables are those of this code."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    missing = [
        f"{each.app_label}.{each.name}"
        for each, _ in executor.migration_plan(loader.graph.leaf_nodes())
    ]
    unknown = [
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in loader.migrated_apps
        and _is_ours(app)
        and (app, name) not in loader.disk_migrations
    ]
    if missing:
        yield Finding(
            PART,
            Level.FAULT,
            f"The database lacks {_count(missing, 'migration')} of this code: {_some(missing)}.",
            "The code reads and writes columns that are not there.",
            "As the role that owns the tables: python manage.py migrate (`make run` does it).",
        )
    if unknown:
        yield Finding(
            PART,
            Level.FAULT,
            f"This code is older than the database, which has {_count(unknown, 'migration')} that "
            f"it does not know: {_some(unknown)}.",
            "Old code does not keep what newer code relies on.",
            "Install the release that made them, on every machine, or restore an earlier backup.",
        )
    if not missing and not unknown:
        yield Finding(PART, Level.OK, "The tables are those of this code.")


def look_at_clock() -> Iterator[Finding]:
    """Yield how far this machine's clock is from the database's."""
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        (theirs,) = cursor.fetchone()
    after = time.time()
    off = (before + after) / 2 - theirs
    certain = max(0.0, abs(off) - (after - before) / 2)
    if certain <= CLOCK_WARNING_SECONDS:
        yield Finding(PART, Level.OK, "This machine's clock and the database's agree.")
        return
    yield Finding(
        PART,
        Level.FAULT if certain > CLOCK_FAULT_SECONDS else Level.WARNING,
        f"This machine's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the "
        "database's.",
        "Predictions between machines miss their deadlines, codes of authenticator apps and "
        "signatures of webhooks are refused. Jobs go by the database's clock.",
        "Set both clocks by NTP: timedatectl set-ntp true",
    )


def look_at_roles_and_room() -> Iterator[Finding]:
    """Yield what Django's checks of the database say, and whether it lets enough connections in."""
    for message in run_checks(tags=[Tags.database], databases=["default"]):
        yield Finding(
            PART, Level.WARNING, str(message.msg), f"({message.id})", str(message.hint or "")
        )
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        most = int(cursor.fetchone()[0])
    needed = settings.REQUEST_THREADS + WEB_CONNECTIONS + WORKER_CONNECTIONS
    if most < needed:
        yield Finding(
            PART,
            Level.WARNING,
            f"PostgreSQL lets {most} connections in; one web server and its workers may want "
            f"{needed}.",
            "Requests and jobs fail for want of a connection when many come at once.",
            f"Set max_connections to {needed} or more in postgresql.conf and restart PostgreSQL, "
            "or set LOUPE_REQUEST_THREADS lower.",
        )


def look_at_image_counts() -> Iterator[Finding]:
    """Yield whether the counts of images that triggers keep are what counting says."""
    wrong = miscounted_datasets()
    if not wrong:
        yield Finding(PART, Level.OK, "The kept counts of images are what counting says.")
        return
    yield Finding(
        PART,
        Level.FAULT,
        f"The kept counts of images are wrong in {wrong:,} dataset{'' if wrong == 1 else 's'}.",
        "Pages, quotas and the API go by them. Triggers keep them: these were disabled, or rows "
        "were loaded without them.",
        "python manage.py recount_images (uploads and labels wait for it, some seconds for a "
        "million images).",
    )


def _is_ours(app: str) -> bool:
    """Whether it is Loupe's: others drop files of old migrations, and nothing is wrong then."""
    return "site-packages" not in Path(apps.get_app_config(app).path).parts


def _count(names: list[str], noun: str) -> str:
    return f"1 {noun}" if len(names) == 1 else f"{len(names)} {noun}s"


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
