"""Ids in rows of an archive that are no foreign keys: none may name a row that was here before."""

import uuid
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model

from backup.errors import Refused
from classifier.models import ModelCopy, ModelVersion
from datasets.models import (
    ClassLabel,
    Dataset,
    DatasetCopy,
    DatasetVersion,
    Forgetting,
    Image,
    ImageFingerprint,
)
from jobs.models import Job

Row = dict[str, Any]
_OF_ENSEMBLE = {
    "method", "experiment", "members", "learned_from", "instant_models", "others_unknown",
}  # fmt: skip
_OF_MEMBER = {"model_version", "name", "preset", "weight"}
_OF_STUDENT = {"teacher", "learned_from", "known_sources", "instant_models", "others_unknown"}
_OF_INSTANT = {"dataset", "made_at"}


class LooseIds:
    """Keeps the ids of the archive's own rows.

    An id of another row becomes one that no row has, the same wherever it stands: that something
    came from elsewhere stays known, and from what of this installation cannot be claimed.
    """

    def __init__(self, ids: Mapping[type[Model], Container[str]]) -> None:
        self._ids = ids
        self._elsewhere = uuid.uuid4()
        self._changes: dict[type[Model], Callable[[Row], Row]] = {
            # Deleting what it did deletes the ended jobs of its lineage.
            Job: lambda row: {"lineage": row["id"]},
            DatasetVersion: lambda row: {"class_ids": self._each(ClassLabel, row.get("class_ids"))},
            ImageFingerprint: lambda row: {"group": self._one(Image, row.get("group"))},
            Forgetting: self._forgetting,
            DatasetCopy: self._dataset_copy,
            ModelVersion: self._model_version,
            ModelCopy: self._model_copy,
        }

    def bound(self, model: type[Model], row: Row) -> Row:
        """Return a row as the archive has it, with such ids only; raises `Refused`."""
        change = self._changes.get(model)
        return row if change is None else row | change(row)

    def _forgetting(self, row: Row) -> Row:
        return {
            "dataset_ids": [each for each in _list(row["dataset_ids"]) if self._has(Dataset, each)],
            "image_ids": [each for each in _list(row["image_ids"]) if self._has(Image, each)],
            "met": [
                each
                for each in map(_dict, _list(row.get("met") or []))
                if self._has(ModelVersion, each.get("version"))
            ],
        }

    def _dataset_copy(self, row: Row) -> Row:
        return {
            "source_dataset": self._one(Dataset, row["source_dataset"]),
            "source_version": self._one(DatasetVersion, row.get("source_version")),
        }

    def _model_copy(self, row: Row) -> Row:
        return {
            "source_version": self._one(ModelVersion, row["source_version"]),
            "learned_from": self._learned(row.get("learned_from")),
            "known_sources": self._sources(row.get("known_sources")),
            "instant_models": self._instant_models(row.get("instant_models")),
            "others_unknown": self._others_unknown(row),
        }

    def _model_version(self, row: Row) -> Row:
        return {
            "instant_model": self._instant_model(row),
            "ensemble": self._ensemble(row.get("ensemble")),
            "distilled": self._distilled(row.get("distilled")),
        }

    def _distilled(self, value: Any) -> Row | None:
        if value is None:
            return None
        said = _dict(value)
        if not said.keys() >= _OF_STUDENT:
            raise Refused("The archive has a student that does not say whose answers it learned.")
        return said | {
            "teacher": self._one(ModelVersion, _text(said["teacher"])),
            "learned_from": self._learned(said["learned_from"]),
            "known_sources": self._sources(said["known_sources"]),
            "instant_models": self._instant_models(said["instant_models"]),
            "others_unknown": self._others_unknown(said),
        }

    def _instant_models(self, value: Any) -> list[Row]:
        found = [_dict(each) for each in _list(value or [])]
        if any(not each.keys() >= _OF_INSTANT for each in found):
            raise Refused("The archive has an instant model that does not say when it was made.")
        return [
            {
                "dataset": self._one(Dataset, _text(each["dataset"])),
                "made_at": _past(each["made_at"]),
            }
            for each in found
        ]

    def _instant_model(self, row: Row) -> Row | None:
        if (value := row.get("instant_model")) is None:
            return None
        # The tests of its dataset that were frozen before it was made count as left out.
        _past(row.get("created_at"))
        said = _dict(value)
        return said | {"dataset": self._one(Dataset, _text(said.get("dataset")))}

    def _ensemble(self, value: Any) -> Row | None:
        if value is None:
            return None
        said = _dict(value)
        members = [_dict(each) for each in _list(said.get("members"))]
        if not said.keys() >= _OF_ENSEMBLE or any(
            not each.keys() >= _OF_MEMBER for each in members
        ):
            raise Refused("The archive has an ensemble that does not say of what it was made.")
        changed: Row = {
            "experiment": self._one(None, said["experiment"]),
            "members": [
                {**each, "model_version": self._one(ModelVersion, each["model_version"] or None)}
                for each in members
            ],
            "learned_from": self._learned(said["learned_from"]),
            "instant_models": self._instant_models(said["instant_models"]),
            "others_unknown": self._others_unknown(said),
        }
        if "known_sources" in said:
            changed["known_sources"] = self._sources(said["known_sources"])
        return said | changed

    def _learned(self, value: Any) -> list[Any] | None:
        """Return from which dataset versions a model learned, None where one is not here.

        Reports count how many of their images these had: of one that is not here no one knows.
        """
        found = None if value is None else _list(value)
        known = found is not None and all(self._has(DatasetVersion, each) for each in found)
        return found if known else None

    def _sources(self, value: Any) -> list[str | None]:
        ids = [_text(each) for each in _list(value or [])]
        return [self._one(DatasetVersion, each) for each in ids]

    def _others_unknown(self, said: Row) -> bool:
        """Return whether something behind a model is unknown, as what is not in the archive is."""
        sources = [*(said.get("learned_from") or []), *(said.get("known_sources") or [])]
        all_here = all(self._has(DatasetVersion, each) for each in sources)
        return said.get("others_unknown") is not False or not all_here

    def _each(self, model: type[Model], value: Any) -> list[str | None] | None:
        return None if value is None else [self._one(model, each) for each in _list(value)]

    def _one(self, model: type[Model] | None, value: Any) -> str | None:
        if value is None:
            return None
        if model is not None and self._has(model, value):
            return str(value)
        return str(uuid.uuid5(self._elsewhere, str(value)))

    def _has(self, model: type[Model], value: Any) -> bool:
        return isinstance(value, str) and value in self._ids[model]


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Refused(f"The archive has {str(value)[:60]!r} where a list of ids belongs.")
    return value


def _dict(value: Any) -> Row:
    if not isinstance(value, dict):
        raise Refused(f"The archive has {str(value)[:60]!r} where facts with names belong.")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Refused(f"The archive has {str(value)[:60]!r} where an id belongs.")
    return value


def _past(value: Any) -> str:
    """Return a time, as it stands, of which it is known that it has passed."""
    moment: datetime | None = None
    with suppress(TypeError, ValueError):
        moment = datetime.fromisoformat(value)
    if moment is None or moment.tzinfo is None:
        raise Refused(
            f"The archive has {str(value)[:60]!r} as when an instant model was made: that is no "
            "time with a zone."
        )
    if moment > datetime.now(UTC):
        raise Refused(f"The archive has an instant model that was made in the future: {value}.")
    return str(value)
