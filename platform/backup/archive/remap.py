"""Rows of an archive as rows of this installation.

Nothing in an archive can point at a row that was here before: what a row names is in the archive,
is the organization or a stand-in, or is null.
"""

import uuid
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import AutoField, BigAutoField, Field, JSONField, Model, UUIDField

from accounts.models import Organization, User
from backup.archive.contents import MODELS
from backup.archive.loose_ids import LooseIds
from backup.archive.open import Archive
from backup.archive.values import from_json
from backup.errors import Refused
from classifier.models import RegisteredModel
from datasets.models import Dataset, Forgetting, Import
from jobs.models import Job
from jobs.models.job import TERMINAL

_BATCH = 10_000


class Remap:
    """Ids, people and names of an archive, and what they are here."""

    def __init__(self, archive: Archive, organization: Organization) -> None:
        """Read every id: one that is taken here is given a new one.

        `people` are set before rows are read: accounts here, by the archive's ids.
        """
        self._archive = archive
        self.organization = organization
        self.people: dict[str, uuid.UUID] = {}
        for model in MODELS:
            self.fields(model)
        self._ids = {model: dict(_ids(archive, model)) for model in MODELS if _has_uuid(model)}
        self._loose = LooseIds(self._ids)
        self._moved = {
            old: new for ids in self._ids.values() for old, new in ids.items() if old != new
        }
        taken = RegisteredModel.objects.filter(organization=organization)
        self._names = set(taken.values_list("name", flat=True))

    def id(self, model: type[Model], old: str) -> str | None:
        """Return the id here of a row of the archive; None for one that is not in it."""
        return self._ids[model].get(old)

    def ids(self, model: type[Model]) -> Collection[str]:
        """Return the ids here of the archive's rows of a model."""
        return list(self._ids[model].values())

    def fields(self, model: type[Model]) -> "list[Field[Any, Any]]":
        """Return the fields that rows of the archive fill, none where it has no such rows.

        Raises `Refused` for unknown columns, and where one is missing that rows cannot do without.
        """
        by_name = {field.attname: field for field in model._meta.concrete_fields}
        columns = self._archive.columns(model)
        if unknown := [name for name in columns if name not in by_name]:
            raise Refused(
                f"{model._meta.label} has no {unknown[0][:60]}: a later Loupe wrote the archive."
            )
        if len(set(columns)) != len(columns):
            raise Refused(f"{model._meta.label} has two columns of one name in the archive.")
        lacking = [name for name, each in by_name.items() if name not in columns and _needed(each)]
        if columns and lacking:
            raise Refused(f"{model._meta.label} is without {lacking[0]} in the archive.")
        return [by_name[name] for name in columns]

    def rows(self, model: type[Model]) -> Iterator[dict[str, Any]]:
        """Yield the rows of a model as values for COPY, by attribute name."""
        fields = [
            field for field in self.fields(model) if not isinstance(field, AutoField | BigAutoField)
        ]
        for row in self._archive.named_rows(model):
            bound = self._loose.bound(model, row)
            values = {field.attname: self._value(field, bound[field.attname]) for field in fields}
            yield self._adjusted(model, values)

    def _value(self, field: "Field[Any, Any]", value: Any) -> Any:
        related = field.related_model
        if related is Organization:
            return self.organization.pk
        if value is None:
            return None
        if related is not None:
            return self._pointed_at(field, related, value)
        if self._moved and isinstance(field, JSONField | ArrayField | UUIDField):
            value = self._moved_in(value)
        return from_json(field, value)

    def _pointed_at(self, field: "Field[Any, Any]", related: Any, value: Any) -> Any:
        known = self.people if related is User else self._ids.get(related, {})
        found = known.get(str(value))
        if found is None and not field.null:
            raise Refused(f"The archive has no {related._meta.verbose_name} {str(value)[:60]}.")
        return found

    def _moved_in(self, value: Any) -> Any:
        """Return a value with the new ids in the place of the old ones."""
        if isinstance(value, str):
            return self._moved.get(value, value)
        if isinstance(value, list):
            return [self._moved_in(each) for each in value]
        if isinstance(value, dict):
            return {self._moved_in(key): self._moved_in(each) for key, each in value.items()}
        return value

    def _adjusted(self, model: type[Model], values: dict[str, Any]) -> dict[str, Any]:
        if model is Job:
            if values["status"] not in TERMINAL:
                raise Refused("The archive has a job that has not ended.")
            # It can't be retried, and nothing that it left elsewhere is looked for here.
            now = datetime.now(UTC)
            values |= {"payload": "{}", "tidied_at": now, "released_at": now}
        elif model is Import:
            values["upload"] = ""
        elif model is Forgetting:
            # For two days after it a chore looks again.
            erased, now = values.get("erased_at"), datetime.now(UTC)
            if erased is not None and (erased.tzinfo is None or erased > now):
                values["erased_at"] = now
        elif model is Dataset:
            values["deleted_at"] = None
        elif model is RegisteredModel:
            values["name"] = self._free_name(values["name"])
            values["challenged"] = False
        return values

    def _free_name(self, name: str) -> str:
        number, free = 1, name
        while free in self._names:
            number += 1
            free = f"{name[:110]} ({number})"
        self._names.add(free)
        return free


def _needed(field: "Field[Any, Any]") -> bool:
    """Whether rows without this field would not be loaded, or would belong to everyone."""
    if isinstance(field, AutoField | BigAutoField):
        return False
    return field.related_model is Organization or not (field.null or field.has_db_default())


def _has_uuid(model: type[Model]) -> bool:
    return isinstance(model._meta.pk, UUIDField)


def _ids(archive: Archive, model: type[Model]) -> Iterator[tuple[str, str]]:
    columns = archive.columns(model)
    if "id" not in columns:
        return
    place = columns.index("id")
    rows = archive.rows(model)
    while batch := [_uuid(row[place]) for row in islice(rows, _BATCH)]:
        taken = model._base_manager.filter(pk__in=batch).values_list("pk", flat=True)
        there = {str(pk) for pk in taken}
        for old in batch:
            yield old, str(uuid.uuid4()) if old in there else old


def _uuid(value: Any) -> str:
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise Refused(f"The archive has {str(value)[:60]!r} as an id.") from None
