"""Copies, ensembles and students keep which instant models they were made of.

Those of before are told from their sources, in the order in which they were made. Of a member or
source that is gone only its preset is known: it was of a dataset that has no name here. Of a
teacher that is gone no more is known than its student kept. Versions are immutable, so their
trigger is off while this runs.
"""

from django.db import migrations, models

OPEN = "ALTER TABLE classifier_modelversion DISABLE TRIGGER model_version_is_immutable;"
CLOSE = "ALTER TABLE classifier_modelversion ENABLE TRIGGER model_version_is_immutable;"


def unknown(version):
    return [{"dataset": "", "made_at": version.created_at.isoformat()}]


def of_members(version, found):
    behind = []
    for each in version.ensemble["members"]:
        there = found.get(each["model_version"])
        if there is None:
            there = unknown(version) if each["preset"] == "instant_model" else []
        behind += [one for one in there if one not in behind]
    return {"instant_models": behind}


def of_teacher(distilled, found):
    kept = distilled.get("instant_models", [])
    return {"instant_models": found.get(distilled["teacher"], kept)}


def fill_versions(versions, copies):
    """Fill versions and their copies; return the instant models behind each version, by its id."""
    copied = {copy.version_id: copy for copy in copies.exclude(version=None)}
    found = {}
    names = ("created_at", "preset", "instant_model", "ensemble", "distilled")
    for version in versions.only(*names).order_by("created_at").iterator():
        told = {"instant_models": []}
        if version.instant_model is not None:
            dataset = version.instant_model["dataset"]
            made_at = version.created_at.isoformat()
            told = {"instant_models": [{"dataset": dataset, "made_at": made_at}]}
        elif version.pk in copied:
            source = str(copied[version.pk].source_version)
            was_one = version.preset == "instant_model"
            told = {"instant_models": found.get(source, unknown(version) if was_one else [])}
            copies.filter(version=version).update(**told)
        elif version.ensemble is not None:
            told = of_members(version, found)
            versions.filter(pk=version.pk).update(ensemble=version.ensemble | told)
        elif version.distilled is not None:
            told = of_teacher(version.distilled, found)
            versions.filter(pk=version.pk).update(distilled=version.distilled | told)
        found[str(version.pk)] = told["instant_models"]
    return found


def fill(apps, schema_editor):
    versions = apps.get_model("classifier", "ModelVersion").objects
    copies = apps.get_model("classifier", "ModelCopy").objects
    runs = apps.get_model("classifier", "TrainingRun").objects
    found = fill_versions(versions, copies)
    for copy in copies.filter(version=None):
        behind = found.get(str(copy.source_version), [])
        copies.filter(pk=copy.pk).update(instant_models=behind)
    for run in runs.filter(distilled__isnull=False).only("distilled").iterator():
        told = run.distilled | of_teacher(run.distilled, found)
        runs.filter(pk=run.pk).update(distilled=told)


class Migration(migrations.Migration):
    dependencies = [("classifier", "0048_students")]
    operations = [
        migrations.AddField(
            model_name="modelcopy",
            name="instant_models",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.RunSQL(OPEN, CLOSE),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(CLOSE, OPEN),
    ]
