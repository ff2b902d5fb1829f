"""An empty database with the tables that a backup has."""

from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from accounts.models import Organization, User
from backup.errors import Refused
from backup.manifest import Manifest
from backup.tables import MIGRATIONS, applied_migrations, own_functions, relations
from classifier.models import ModelVersion, TrainingRun
from datasets.models import Dataset

# What `make run` makes in a new installation: the administrator and their organization.
_MADE_BY_ITSELF = {User: 1, Organization: 1, Dataset: 0, TrainingRun: 0, ModelVersion: 0}
_MOST_NAMED = 5


def require_new_database() -> None:
    """Pass where there is nothing to lose and no one at work; raises `Refused`, which says what."""
    _require_no_others()
    tables = relations()
    if strange := sorted(set(tables) - _own_tables(tables)):
        more = f" and {len(strange) - _MOST_NAMED:,} more" if strange[_MOST_NAMED:] else ""
        raise Refused(
            f"This database has tables or views that are not Loupe's: "
            f"{', '.join(strange[:_MOST_NAMED])}{more}. A backup is restored into a database of "
            "its own: make one, and name it in DATABASE_URL."
        )
    found = []
    for model, most in _MADE_BY_ITSELF.items():
        if model._meta.db_table in tables:
            rows = model._default_manager.all()
            if model is ModelVersion:
                rows = rows.exclude(files={})
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
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public'"
        )
        if cursor.fetchone() != (True,):
            raise Refused(
                "This role of the database may not make tables. Run the command as the role that "
                "owns the database (docs/backup.md)."
            )
    _drop_own()
    MigrationExecutor(connection).migrate(targets)


def _require_no_others() -> None:
    with connection.cursor() as cursor:
        # Of another role's session one sees who it is, and not of what kind.
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usesysid IS NOT NULL AND pid <> pg_backend_pid()"
        )
        (others,) = cursor.fetchone()
    if others:
        raise Refused(
            f"{others} other connections are open to this database. Stop the web server and the "
            "workers first."
        )


def _own_tables(there: list[str]) -> set[str]:
    """Return the names of Loupe's tables, also of the earlier Loupe that made those of `there`."""
    models = apps.get_models(include_auto_created=True)
    own = {MIGRATIONS, *(model._meta.db_table for model in models)}
    if own.issuperset(there) or MIGRATIONS not in there:
        return own
    loader = MigrationLoader(connection)
    applied = [key for key in loader.graph.nodes if key in loader.applied_migrations]
    earlier = loader.project_state(applied).apps.get_models(include_auto_created=True)
    return own | {model._meta.db_table for model in earlier}


def _drop_own() -> None:
    """Drop Loupe's tables and the functions of their triggers, and nothing else."""
    there = relations()
    own = _own_tables(there).intersection(there)
    quoted = ", ".join(map(connection.ops.quote_name, sorted(own)))
    with connection.cursor() as cursor:
        if own:
            cursor.execute(f"DROP TABLE {quoted}")
        for function in own_functions():
            cursor.execute(f"DROP FUNCTION {function}")


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
