"""Copies and ensembles keep which instant models they were made of.

Those of before are told from their sources, in the order in which they were made. Of a source that
is gone only its preset is known: it was of a dataset that has no name here. Versions are immutable,
so their trigger is off while this runs.
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
    return behind


def fill(apps, schema_editor):
    versions = apps.get_model("classifier", "ModelVersion")
    copies = apps.get_model("classifier", "ModelCopy")
    copied = {copy.version_id: copy for copy in copies.objects.exclude(version=None)}
    found = {}
    names = ("created_at", "preset", "instant_model", "ensemble", "distilled")
    for version in versions.objects.only(*names).order_by("created_at").iterator():
        behind = (version.distilled or {}).get("instant_models", [])
        if version.instant_model is not None:
            dataset = version.instant_model["dataset"]
            behind = [{"dataset": dataset, "made_at": version.created_at.isoformat()}]
        elif version.pk in copied:
            source = str(copied[version.pk].source_version)
            was_one = version.preset == "instant_model"
            behind = found.get(source, unknown(version) if was_one else [])
            copies.objects.filter(version=version).update(instant_models=behind)
        elif version.ensemble is not None:
            behind = of_members(version, found)
            told = version.ensemble | {"instant_models": behind}
            versions.objects.filter(pk=version.pk).update(ensemble=told)
        found[str(version.pk)] = behind


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
