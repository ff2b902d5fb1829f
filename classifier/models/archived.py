"""Runs and models that lists show, and those that were put away."""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def listed(rows: QuerySet[Row], archived: bool = False) -> QuerySet[Row]:
    """Return the runs or models that lists show, or those that are archived."""
    return rows.filter(archived_at__isnull=not archived)
