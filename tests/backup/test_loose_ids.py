"""Ids of an archive's rows that are no foreign keys name rows of the archive, or none."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from backup.archive.loose_ids import LooseIds
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

OWN, STRANGE = str(uuid.uuid4()), str(uuid.uuid4())
STUDENT = {
    "teacher": OWN, "learned_from": None, "known_sources": [], "instant_models": [],
    "others_unknown": False,
}  # fmt: skip
MADE = "2026-01-01T00:00:00+00:00"
LATER = (datetime.now(UTC) + timedelta(days=1)).isoformat()
MEMBER = {"name": "a", "preset": "cnn_tiny", "weight": 0.5}


@pytest.fixture
def loose():
    """Ids of an archive that has one row of each model."""
    models = (Job, Dataset, DatasetVersion, ClassLabel, Image, ModelVersion)
    return LooseIds({model: {OWN} for model in models})


def ensemble(**values):
    return {
        "method": "average", "experiment": STRANGE, "members": [{**MEMBER, "model_version": OWN}],
        "learned_from": [OWN], "known_sources": [OWN], "instant_models": [],
        "others_unknown": False, **values,
    }  # fmt: skip


def test_a_job_begins_a_lineage_of_its_own(loose):
    assert loose.bound(Job, {"id": OWN, "lineage": STRANGE})["lineage"] == OWN


def test_a_forgetting_reaches_images_and_datasets_of_the_archive_alone(loose):
    row = {
        "image_ids": [OWN, STRANGE], "dataset_ids": [STRANGE, OWN],
        "met": [{"version": STRANGE, "via": "training"}],
    }  # fmt: skip
    found = loose.bound(Forgetting, row)
    assert found == {"image_ids": [OWN], "dataset_ids": [OWN], "met": []}


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (DatasetCopy, "source_dataset"),
        (DatasetCopy, "source_version"),
        (ModelCopy, "source_version"),
        (ImageFingerprint, "group"),
    ],
)
def test_an_id_of_elsewhere_becomes_one_that_no_row_has(loose, model, name):
    row = {"source_dataset": OWN, "source_version": OWN, "group": OWN, "learned_from": None}
    assert loose.bound(model, row)[name] == OWN
    one, two = (loose.bound(model, row | {name: STRANGE})[name] for _ in range(2))
    assert one == two
    assert one not in (OWN, STRANGE)
    assert uuid.UUID(one)


def test_classes_of_a_version_keep_their_places(loose):
    found = loose.bound(DatasetVersion, {"class_ids": [OWN, None, STRANGE]})["class_ids"]
    assert found[:2] == [OWN, None]
    assert found[2] not in (OWN, STRANGE)


def test_what_a_copy_learned_from_is_known_or_not(loose):
    row = {"source_version": OWN, "learned_from": [OWN]}
    assert loose.bound(ModelCopy, row)["learned_from"] == [OWN]
    row["learned_from"] = [OWN, STRANGE]
    assert loose.bound(ModelCopy, row)["learned_from"] is None


def test_an_ensemble_names_versions_of_the_archive_alone(loose):
    members = [{**MEMBER, "model_version": each} for each in (OWN, STRANGE, None)]
    said = ensemble(members=members, learned_from=[STRANGE], known_sources=[OWN, STRANGE])
    found = loose.bound(ModelVersion, {"ensemble": said})["ensemble"]
    assert STRANGE not in str(found)
    assert [each["model_version"] for each in found["members"]][::2] == [OWN, None]
    assert found["learned_from"] is None
    assert found["known_sources"][0] == OWN
    assert loose.bound(ModelVersion, {"ensemble": None})["ensemble"] is None


@pytest.mark.parametrize(
    "said",
    [
        [], {}, ensemble(members=None), ensemble(members=[OWN]), ensemble(members=[MEMBER]),
        ensemble(learned_from=OWN), ensemble(known_sources={OWN: 1}),
        ensemble(known_sources=[None]),
    ],
)  # fmt: skip
def test_an_ensemble_without_its_facts_is_refused(loose, said):
    with pytest.raises(Refused):
        loose.bound(ModelVersion, {"ensemble": said})


def test_instant_models_are_of_datasets_of_the_archive_alone(loose):
    behind = [{"dataset": each, "made_at": MADE} for each in (OWN, STRANGE)]
    said = STUDENT | {"instant_models": behind}
    for model, row, name in (
        (ModelVersion, {"distilled": said}, "distilled"),
        (ModelVersion, {"ensemble": ensemble(instant_models=behind)}, "ensemble"),
        (ModelCopy, {"source_version": OWN, "instant_models": behind}, None),
    ):
        bound = loose.bound(model, row)
        own, other = (bound[name] if name else bound)["instant_models"]
        assert own == behind[0]
        assert (other["dataset"] not in (OWN, STRANGE), other["made_at"]) == (True, MADE)
    row = {"instant_model": {"dataset": OWN, "labelled": 1}, "created_at": MADE}
    assert loose.bound(ModelVersion, row)["instant_model"] == row["instant_model"]
    row["instant_model"] = {"dataset": STRANGE, "labelled": 1}
    found = loose.bound(ModelVersion, row)["instant_model"]
    assert (found["dataset"] not in (OWN, STRANGE), found["labelled"]) == (True, 1)


@pytest.mark.parametrize(
    "made_at", ["soon", "2026-01-01T00:00:00", 5, None, LATER], ids=lambda each: f"{each}"[:10]
)
def test_an_instant_model_was_made_at_a_time_that_has_passed(loose, made_at):
    """Reports, lineage and forgetting compare it with other times."""
    behind = [{"dataset": OWN, "made_at": made_at}]
    said = STUDENT | {"instant_models": behind}
    for model, row in (
        (ModelVersion, {"distilled": said}),
        (ModelVersion, {"ensemble": ensemble(instant_models=behind)}),
        (ModelCopy, {"source_version": OWN, "instant_models": behind}),
        (ModelVersion, {"instant_model": {"dataset": OWN}, "created_at": made_at}),
    ):
        with pytest.raises(Refused, match="instant model"):
            loose.bound(model, row)


@pytest.mark.parametrize(
    "row",
    [
        {"instant_model": []}, {"instant_model": {}, "created_at": MADE},
        {"instant_model": {"dataset": None}, "created_at": MADE},
        {"distilled": STUDENT | {"teacher": None}},
        {"distilled": STUDENT | {"known_sources": [None]}},
    ],
)  # fmt: skip
def test_ids_that_are_none_are_refused(loose, row):
    with pytest.raises(Refused):
        loose.bound(ModelVersion, row)


def test_what_is_behind_a_model_is_known_only_with_all_that_is_in_the_archive(loose):
    def others_unknown(**values):
        found = loose.bound(ModelVersion, {"distilled": STUDENT | values})["distilled"]
        copy = loose.bound(ModelCopy, STUDENT | {"source_version": OWN} | values)
        assert copy["others_unknown"] == found["others_unknown"]
        return found["others_unknown"]

    assert not others_unknown()
    assert not others_unknown(known_sources=[OWN])
    assert others_unknown(known_sources=[OWN, STRANGE])
    assert others_unknown(learned_from=[STRANGE])
    assert others_unknown(others_unknown=True)
    assert others_unknown(others_unknown="no")
