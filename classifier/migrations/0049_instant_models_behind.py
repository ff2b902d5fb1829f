"""Copies, ensembles and students keep which instant models, and whether others, are behind them.

Others are those of which it is not known what they learned from. Versions of before are told from
their sources, in the order in which they were made. Of a member or source that is gone only its
preset is known: an instant model was of a dataset that has no name here. Of a teacher that is gone
no more is known than its student kept. Versions are immutable, so their trigger is off while this
runs.
"""

from django.db import migrations, models

OPEN = "ALTER TABLE classifier_modelversion DISABLE TRIGGER model_version_is_immutable;"
CLOSE = "ALTER TABLE classifier_modelversion ENABLE TRIGGER model_version_is_immutable;"


def of_gone(version, preset, learned_from):
    if preset == "instant_model":
        behind = [{"dataset": "", "made_at": version.created_at.isoformat()}]
        return {"instant_models": behind, "others_unknown": False}
    return {"instant_models": [], "others_unknown": learned_from is None}


def of_members(version, found):
    behind, others = [], False
    for each in version.ensemble["members"]:
        there = found.get(each["model_version"])
        if there is None:
            there = of_gone(version, each["preset"], version.ensemble["learned_from"])
        behind += [one for one in there["instant_models"] if one not in behind]
        others = others or there["others_unknown"]
    return {"instant_models": behind, "others_unknown": others}


def of_teacher(distilled, found):
    kept = distilled.get("instant_models", [])
    others = distilled["learned_from"] is None and not kept
    own = {"instant_models": kept, "others_unknown": others}
    return found.get(distilled["teacher"], own)


def fill_versions(versions, copies):
    """Fill versions and their copies; return what is told of each version, by its id."""
    copied = {copy.version_id: copy for copy in copies.exclude(version=None)}
    found = {}
    names = ("created_at", "preset", "dataset_version", "instant_model", "ensemble", "distilled")
    for version in versions.only(*names).order_by("created_at").iterator():
        if version.instant_model is not None:
            made_at = version.created_at.isoformat()
            behind = [{"dataset": version.instant_model["dataset"], "made_at": made_at}]
            told = {"instant_models": behind, "others_unknown": False}
        elif version.pk in copied:
            copy = copied[version.pk]
            gone = of_gone(version, version.preset, copy.learned_from)
            told = found.get(str(copy.source_version), gone)
            copies.filter(version=version).update(**told)
        elif version.ensemble is not None:
            told = of_members(version, found)
            versions.filter(pk=version.pk).update(ensemble=version.ensemble | told)
        elif version.distilled is not None:
            told = of_teacher(version.distilled, found)
            versions.filter(pk=version.pk).update(distilled=version.distilled | told)
        else:
            others = version.dataset_version_id is None
            told = {"instant_models": [], "others_unknown": others}
        found[str(version.pk)] = told
    return found


def fill(apps, schema_editor):
    versions = apps.get_model("classifier", "ModelVersion").objects
    copies = apps.get_model("classifier", "ModelCopy").objects
    runs = apps.get_model("classifier", "TrainingRun").objects
    found = fill_versions(versions, copies)
    for copy in copies.filter(version=None):
        if told := found.get(str(copy.source_version)):
            copies.filter(pk=copy.pk).update(**told)
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
        migrations.AddField(
            model_name="modelcopy",
            name="others_unknown",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.RunSQL(OPEN, CLOSE),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(CLOSE, OPEN),
    ]
