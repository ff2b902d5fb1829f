"""An empty database with the tables that a backup has."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from accounts.models import Organization, User
from backup.errors import Refused
from backup.manifest import Manifest
from backup.tables import applied_migrations
from classifier.models import ModelVersion, TrainingRun
from datasets.models import Dataset

# What `make run` makes in a new installation: the administrator and their organization.
_MADE_BY_ITSELF = {User: 1, Organization: 1, Dataset: 0, TrainingRun: 0, ModelVersion: 0}


def require_new_database() -> None:
    """Pass where there is nothing to lose and no one at work; raises `Refused`, which says what."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        (others,) = cursor.fetchone()
        tables = connection.introspection.table_names(cursor)
    if others:
        raise Refused(
            f"{others} other connections are open to this database. Stop the web server and the "
            "workers first."
        )
    found = []
    for model, most in _MADE_BY_ITSELF.items():
        if model._meta.db_table in tables:
            rows = model.objects.exclude(files={}) if model is ModelVersion else model.objects
            if (count := rows.count()) > most:
                found.append(f"{count:,} {model._meta.verbose_name_plural}")
    if found:
        raise Refused(
            f"This installation is not new: its database has {', '.join(found)}. A backup is "
            "restored into a new one."
        )


def make_tables(manifest: Manifest) -> None:
    """Give the database exactly the tables of the backup, without rows that are ours.

    Raises `Refused` where a later Loupe made the backup, or one between two of our steps, and where
    this role may not make tables.
    """
    applied = {(app, name) for app, name in manifest.migrations}
    targets = _targets(applied)
    if {(app, name) for app, name in applied_migrations()} == applied:
        return
    name = connection.ops.quote_name("public")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public'"
        )
        if cursor.fetchone() != (True,):
            raise Refused(
                "This role of the database may not make tables. Run the command as the role that "
                "owns the database (docs/backup.md)."
            )
        cursor.execute(f"DROP SCHEMA {name} CASCADE")
        cursor.execute(f"CREATE SCHEMA {name}")
    MigrationExecutor(connection).migrate(targets)


def _targets(applied: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the steps of ours that make the backup's tables."""
    loader = MigrationLoader(None)
    chosen = []
    known = set(loader.disk_migrations)
    for key, migration in loader.graph.nodes.items():
        if migration is None:
            continue
        replaced = [step for step in migration.replaces if step in applied]
        if key in applied or (replaced and len(replaced) == len(migration.replaces)):
            chosen.append(key)
        elif replaced:
            raise Refused(
                f"The backup is of a Loupe that had {len(replaced)} of the "
                f"{len(migration.replaces)} steps before {key[0]} {key[1]}. Restore it with the "
                "Loupe that made it, then upgrade."
            )
    if unknown := sorted(applied - known):
        raise Refused(
            f"A later Loupe made this backup: {unknown[0][0]} {unknown[0][1]} is not known here. "
            "Install that one, or a later one."
        )
    return [key for key in chosen if not _has_later(loader, key, set(chosen))]


def _has_later(loader: MigrationLoader, key: tuple[str, str], chosen: set[tuple[str, str]]) -> bool:
    """Whether a chosen step of the same app comes after this one, which then need not be named."""
    children = loader.graph.node_map[key].children
    return any(child.key[0] == key[0] and child.key in chosen for child in children)
