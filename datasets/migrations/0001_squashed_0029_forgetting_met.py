"""What the migrations up to 0029_forgetting_met make of an empty database.

A database that has some of them goes on with those.
"""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from common.create_models import CreateModels

GUARDS = """
CREATE FUNCTION datasets_refuse_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('loupe.forgets', true) = 'on' AND NEW.forgotten
        AND (to_jsonb(NEW) - '{name,metadata,forgotten}'::text[])
            = (to_jsonb(OLD) - '{name,metadata,forgotten}'::text[])
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION datasets_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER version_is_immutable BEFORE DELETE OR UPDATE ON datasets_datasetversion
    FOR EACH ROW
    EXECUTE FUNCTION datasets_refuse_change();
CREATE TRIGGER sample_is_immutable BEFORE UPDATE ON datasets_sample
    FOR EACH ROW
    EXECUTE FUNCTION datasets_refuse_but_forgetting();
CREATE TRIGGER sample_stays BEFORE DELETE ON datasets_sample
    FOR EACH ROW
    EXECUTE FUNCTION datasets_refuse_change();
ALTER TABLE datasets_instantmodel ALTER COLUMN centres SET STORAGE EXTERNAL;
ALTER TABLE datasets_instantmodel ALTER COLUMN class_index SET STORAGE EXTERNAL;
ALTER TABLE datasets_instantmodel ALTER COLUMN closeness SET STORAGE EXTERNAL;
ALTER TABLE datasets_instantmodel ALTER COLUMN "group" SET STORAGE EXTERNAL;
ALTER TABLE datasets_instantmodel ALTER COLUMN head SET STORAGE EXTERNAL;
ALTER TABLE datasets_instantmodel ALTER COLUMN image_ids SET STORAGE EXTERNAL;
ALTER TABLE datasets_instantmodel ALTER COLUMN margin SET STORAGE EXTERNAL;
ALTER TABLE datasets_instantmodel ALTER COLUMN probability SET STORAGE EXTERNAL;
ALTER TABLE datasets_vector ALTER COLUMN vector SET STORAGE EXTERNAL;
"""
NO_GUARDS = """
DROP FUNCTION datasets_refuse_but_forgetting() CASCADE;
DROP FUNCTION datasets_refuse_change() CASCADE;
"""


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("datasets", "0001_initial"),
        ("datasets", "0002_immutable_versions"),
        ("datasets", "0003_image_fingerprints"),
        ("datasets", "0004_keep_test"),
        ("datasets", "0005_quality"),
        ("datasets", "0006_embeddings"),
        ("datasets", "0007_labelling"),
        ("datasets", "0008_uploads"),
        ("datasets", "0009_import_chunks"),
        ("datasets", "0010_version_slices"),
        ("datasets", "0011_slices_without_a_value"),
        ("datasets", "0012_import_readings"),
        ("datasets", "0013_names_in_nfc"),
        ("datasets", "0014_version_left_out"),
        ("datasets", "0015_label_errors_held_back"),
        ("datasets", "0016_stored_bytes"),
        ("datasets", "0017_image_vector"),
        ("datasets", "0018_vectors_by_content"),
        ("datasets", "0019_instant_model"),
        ("datasets", "0020_instant_model_switch"),
        ("datasets", "0021_out_of_fold"),
        ("datasets", "0022_label_kept_by_a_person"),
        ("datasets", "0023_image_source"),
        ("datasets", "0024_class_notes"),
        ("datasets", "0025_licences"),
        ("datasets", "0026_sheet_texts"),
        ("datasets", "0027_copies"),
        ("datasets", "0028_forgotten_images"),
        ("datasets", "0029_forgetting_met"),
    ]

    dependencies = [
        ("accounts", "0001_squashed_0011_keeps_predictions"),
        ("jobs", "0001_squashed_0016_turns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="Dataset",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("name", models.CharField(max_length=120)),
                        ("description", models.TextField(blank=True, max_length=4000)),
                        ("instant_model", models.BooleanField(default=True)),
                        (
                            "licence",
                            models.CharField(blank=True, db_default="", default="", max_length=32),
                        ),
                        (
                            "licence_text",
                            models.CharField(blank=True, db_default="", default="", max_length=500),
                        ),
                        ("deleted_at", models.DateTimeField(editable=False, null=True)),
                        ("purged_at", models.DateTimeField(editable=False, null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="datasets",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Image",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("sha256", models.CharField(db_index=True, max_length=64)),
                        ("name", models.CharField(max_length=512)),
                        (
                            "split",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("train", "train"),
                                    ("validation", "validation"),
                                    ("test", "test"),
                                ],
                                default="",
                                max_length=10,
                            ),
                        ),
                        ("width", models.PositiveIntegerField()),
                        ("height", models.PositiveIntegerField()),
                        ("format", models.CharField(max_length=8)),
                        ("bytes", models.PositiveBigIntegerField()),
                        ("metadata", models.JSONField(blank=True, default=dict)),
                        (
                            "created_at",
                            models.DateTimeField(default=django.utils.timezone.now, editable=False),
                        ),
                        (
                            "sent",
                            models.BooleanField(db_default=False, default=False, editable=False),
                        ),
                        ("excluded_at", models.DateTimeField(editable=False, null=True)),
                        ("deleted_at", models.DateTimeField(editable=False, null=True)),
                        ("purged_at", models.DateTimeField(editable=False, null=True)),
                        ("labelled_at", models.DateTimeField(editable=False, null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="VectorSpace",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("name", models.CharField(max_length=120, unique=True)),
                        ("backbone", models.CharField(max_length=60)),
                        ("backbone_sha256", models.CharField(max_length=64)),
                        ("size", models.PositiveSmallIntegerField()),
                        ("fit", models.CharField(max_length=20)),
                        ("precision", models.CharField(max_length=20)),
                        ("mirrored", models.BooleanField()),
                        ("width", models.PositiveIntegerField()),
                    ],
                ),
                migrations.CreateModel(
                    name="DatasetMap",
                    fields=[
                        (
                            "dataset",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="map",
                                serialize=False,
                                to="datasets.dataset",
                            ),
                        ),
                        ("embedding", models.CharField(max_length=120)),
                        ("method", models.CharField(max_length=20)),
                        ("image_ids", models.BinaryField()),
                        ("points", models.BinaryField()),
                        (
                            "created_at",
                            models.DateTimeField(default=django.utils.timezone.now, editable=False),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="InstantModel",
                    fields=[
                        (
                            "dataset",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to="datasets.dataset",
                            ),
                        ),
                        ("wanted", models.PositiveBigIntegerField(default=0)),
                        ("seen", models.PositiveBigIntegerField(default=0)),
                        ("vectors_at", models.DateTimeField(null=True)),
                        ("method", models.CharField(blank=True, max_length=20)),
                        ("embedding", models.CharField(blank=True, max_length=120)),
                        (
                            "class_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), default=list, size=None
                            ),
                        ),
                        ("labelled", models.PositiveIntegerField(default=0)),
                        ("learned_from", models.PositiveIntegerField(default=0)),
                        ("held_out", models.PositiveIntegerField(default=0)),
                        ("head", models.BinaryField(default=bytes)),
                        ("temperature", models.FloatField(default=1.0)),
                        ("centres", models.BinaryField(default=bytes)),
                        (
                            "groups_to_name",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveIntegerField(), default=list, size=None
                            ),
                        ),
                        ("image_ids", models.BinaryField(default=bytes)),
                        ("class_index", models.BinaryField(default=bytes)),
                        ("probability", models.BinaryField(default=bytes)),
                        ("group", models.BinaryField(default=bytes)),
                        ("margin", models.BinaryField(default=bytes)),
                        ("closeness", models.BinaryField(default=bytes)),
                        ("accuracy", models.FloatField(null=True)),
                        ("accuracy_low", models.FloatField(null=True)),
                        ("accuracy_high", models.FloatField(null=True)),
                        ("fitted_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="OutOfFold",
                    fields=[
                        (
                            "dataset",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to="datasets.dataset",
                            ),
                        ),
                        ("title", models.CharField(max_length=200)),
                        ("at", models.DateTimeField()),
                        (
                            "class_names",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=120), size=None
                            ),
                        ),
                        ("contents", models.BinaryField()),
                        ("probabilities", models.BinaryField()),
                    ],
                    options={
                        "verbose_name_plural": "out of fold",
                    },
                ),
                migrations.CreateModel(
                    name="ClassLabel",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("name", models.CharField(max_length=120)),
                        ("position", models.PositiveIntegerField(default=0)),
                        (
                            "description",
                            models.TextField(
                                blank=True, db_default="", default="", max_length=1000
                            ),
                        ),
                        (
                            "link",
                            models.CharField(blank=True, db_default="", default="", max_length=500),
                        ),
                        (
                            "dataset",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="classes",
                                to="datasets.dataset",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["position", "name"],
                    },
                ),
                migrations.CreateModel(
                    name="BulkEdit",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        (
                            "action",
                            models.CharField(
                                choices=[
                                    ("relabel", "Relabel"),
                                    ("exclude", "Leave out of new versions"),
                                    ("include", "Take into new versions"),
                                    ("trash", "Move to the trash"),
                                    ("restore", "Restore from the trash"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("class_name", models.CharField(blank=True, max_length=120)),
                        (
                            "image_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), size=None
                            ),
                        ),
                        (
                            "class_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(null=True), default=list, size=None
                            ),
                        ),
                        (
                            "person_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(null=True), default=list, size=None
                            ),
                        ),
                        (
                            "times",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.DateTimeField(null=True), default=list, size=None
                            ),
                        ),
                        (
                            "rejected_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), default=list, size=None
                            ),
                        ),
                        ("removed_class", models.JSONField(null=True)),
                        ("undone_at", models.DateTimeField(editable=False, null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "dataset",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="bulk_edits",
                                to="datasets.dataset",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="DatasetCopy",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("name", models.CharField(max_length=120)),
                        ("source_organization", models.CharField(max_length=120)),
                        ("source_name", models.CharField(max_length=120)),
                        ("source_dataset", models.UUIDField()),
                        ("source_version", models.UUIDField(null=True)),
                        ("source_number", models.PositiveIntegerField(null=True)),
                        ("class_mapping", models.JSONField(default=dict)),
                        ("counts", models.JSONField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "dataset",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="copied_from",
                                to="datasets.dataset",
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="dataset_copy",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="dataset_copies",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="DatasetVersion",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("number", models.PositiveIntegerField()),
                        ("digest", models.CharField(max_length=64)),
                        (
                            "strategy",
                            models.CharField(
                                choices=[
                                    ("stratified", "Stratified"),
                                    ("grouped", "Grouped"),
                                    ("folder", "Folders of the archive"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("fractions", models.JSONField()),
                        ("seed", models.PositiveBigIntegerField(default=0)),
                        ("keep_test", models.BooleanField(default=False)),
                        ("note", models.TextField(blank=True, max_length=2000)),
                        ("class_names", models.JSONField()),
                        ("class_ids", models.JSONField(null=True)),
                        ("sample_counts", models.JSONField()),
                        ("slices", models.JSONField(null=True)),
                        ("left_out", models.JSONField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "dataset",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="versions",
                                to="datasets.dataset",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Forgetting",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("sha256", models.CharField(db_index=True, max_length=64)),
                        (
                            "dataset_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), size=None
                            ),
                        ),
                        (
                            "image_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), size=None
                            ),
                        ),
                        ("reason", models.CharField(max_length=500)),
                        ("erased_at", models.DateTimeField(db_index=True, null=True)),
                        ("counts", models.JSONField(default=dict)),
                        ("met", models.JSONField(db_default=[], default=list)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="forgetting",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="forgettings",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="ImageFingerprint",
                    fields=[
                        (
                            "image",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="fingerprint",
                                serialize=False,
                                to="datasets.image",
                            ),
                        ),
                        ("pixels_sha256", models.CharField(max_length=64)),
                        ("brightness", models.FloatField()),
                        ("contrast", models.FloatField()),
                        ("sharpness", models.FloatField()),
                        ("thumbnail", models.BinaryField()),
                        ("colours", models.BinaryField()),
                        ("group", models.UUIDField(null=True)),
                    ],
                ),
                migrations.AddField(
                    model_name="image",
                    name="class_label",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="images",
                        to="datasets.classlabel",
                    ),
                ),
                migrations.AddField(
                    model_name="image",
                    name="dataset",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="images",
                        to="datasets.dataset",
                    ),
                ),
                migrations.AddField(
                    model_name="image",
                    name="forgetting",
                    field=models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="images",
                        to="datasets.forgetting",
                    ),
                ),
                migrations.AddField(
                    model_name="image",
                    name="labelled_by",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.CreateModel(
                    name="Annotation",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("class_name", models.CharField(blank=True, max_length=120)),
                        ("previous_class_name", models.CharField(blank=True, max_length=120)),
                        (
                            "source",
                            models.CharField(blank=True, db_default="", default="", max_length=300),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "class_label",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="datasets.classlabel",
                            ),
                        ),
                        (
                            "image",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="annotations",
                                to="datasets.image",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Import",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("archive_name", models.CharField(max_length=255)),
                        ("archive_sha256", models.CharField(max_length=64)),
                        ("archive_bytes", models.PositiveBigIntegerField()),
                        ("upload", models.CharField(max_length=64)),
                        (
                            "duplicates",
                            models.CharField(
                                choices=[("skip", "Skip"), ("keep", "Keep")],
                                default="skip",
                                max_length=4,
                            ),
                        ),
                        ("layout", models.CharField(blank=True, max_length=40)),
                        ("encoding", models.CharField(blank=True, max_length=20)),
                        ("class_mapping", models.JSONField(default=dict)),
                        ("readings", models.JSONField(default=list)),
                        ("conflicts", models.PositiveIntegerField(null=True)),
                        ("dismissed_at", models.DateTimeField(null=True)),
                        (
                            "licence",
                            models.CharField(blank=True, db_default="", default="", max_length=32),
                        ),
                        (
                            "licence_text",
                            models.CharField(blank=True, db_default="", default="", max_length=500),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "dataset",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="imports",
                                to="datasets.dataset",
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="dataset_import",
                                to="jobs.job",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.AddField(
                    model_name="image",
                    name="source",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="images",
                        to="datasets.import",
                    ),
                ),
                migrations.CreateModel(
                    name="ImportChunk",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("number", models.PositiveIntegerField()),
                        ("fence", models.PositiveIntegerField(default=0)),
                        ("done", models.BooleanField(default=False)),
                        (
                            "holder",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="chunks",
                                to="datasets.import",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ImportItem",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=512)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("duplicate", "Duplicate"),
                                    ("skipped", "Skipped"),
                                    ("rejected", "Rejected"),
                                ],
                                max_length=9,
                            ),
                        ),
                        ("code", models.CharField(max_length=40)),
                        ("detail", models.CharField(max_length=400)),
                        (
                            "image",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="datasets.image",
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="items",
                                to="datasets.import",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="QualityItem",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("split_leak", "In more than one split"),
                                    ("label_conflict", "Under more than one class"),
                                    ("label_error", "Probably the wrong class"),
                                    ("exact_duplicate", "Exact duplicates"),
                                    ("near_duplicate", "Near duplicates"),
                                    ("small_class", "Classes with few images"),
                                    ("blank", "Blank images"),
                                    ("blurred", "Blurred images"),
                                    ("imbalance", "Far smaller than the largest class"),
                                    ("tiny", "Tiny images"),
                                    ("odd_shape", "Oddly shaped images"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("by_person", models.BooleanField(db_default=False, default=False)),
                        ("rank", models.PositiveIntegerField()),
                        ("score", models.FloatField(default=0)),
                        ("fact", models.CharField(max_length=64)),
                        ("note", models.CharField(blank=True, max_length=200)),
                        ("dismissed_at", models.DateTimeField(null=True)),
                        (
                            "dismissed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "given_class",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="datasets.classlabel",
                            ),
                        ),
                        (
                            "suggested_class",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="datasets.classlabel",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="QualityMember",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("position", models.PositiveIntegerField()),
                        (
                            "image",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="quality_members",
                                to="datasets.image",
                            ),
                        ),
                        (
                            "item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="members",
                                to="datasets.qualityitem",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Sample",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("sha256", models.CharField(max_length=64)),
                        ("name", models.CharField(max_length=512)),
                        ("metadata", models.JSONField(default=dict)),
                        ("class_index", models.PositiveSmallIntegerField()),
                        (
                            "split",
                            models.PositiveSmallIntegerField(
                                choices=[(0, "train"), (1, "validation"), (2, "test")]
                            ),
                        ),
                        (
                            "forgotten",
                            models.BooleanField(db_default=False, default=False, editable=False),
                        ),
                        (
                            "image",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="samples",
                                to="datasets.image",
                            ),
                        ),
                        (
                            "version",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="samples",
                                to="datasets.datasetversion",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="SheetText",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("field", models.CharField(max_length=40)),
                        ("text", models.TextField(max_length=5000)),
                        ("written_at", models.DateTimeField()),
                        (
                            "version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="sheet_texts",
                                to="datasets.datasetversion",
                            ),
                        ),
                        (
                            "written_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Upload",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("name", models.CharField(max_length=255)),
                        ("metadata", models.CharField(blank=True, max_length=2000)),
                        ("length", models.PositiveBigIntegerField()),
                        ("offset", models.PositiveBigIntegerField(default=0)),
                        ("file", models.CharField(max_length=64, unique=True)),
                        ("expires_at", models.DateTimeField(db_index=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Vector",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "organization_id",
                                "sha256",
                                "space_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("sha256", models.CharField(max_length=64)),
                        ("vector", models.BinaryField()),
                        (
                            "created_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), editable=False
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="vectors",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "space",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="vectors",
                                to="datasets.vectorspace",
                            ),
                        ),
                    ],
                ),
                migrations.AddField(
                    model_name="dataset",
                    name="space",
                    field=models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="datasets.vectorspace",
                    ),
                ),
                migrations.CreateModel(
                    name="QualityReport",
                    fields=[
                        (
                            "dataset",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="quality_report",
                                serialize=False,
                                to="datasets.dataset",
                            ),
                        ),
                        ("wanted_again", models.BooleanField(default=False)),
                        ("facts_at", models.DateTimeField(null=True)),
                        ("checked_at", models.DateTimeField(null=True)),
                        ("images_checked", models.PositiveIntegerField(default=0)),
                        ("embedding", models.CharField(blank=True, max_length=120)),
                        ("agreement", models.FloatField(null=True)),
                        ("unchecked", models.JSONField(default=list)),
                        (
                            "job",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="quality_report",
                                to="jobs.job",
                            ),
                        ),
                    ],
                ),
                migrations.AddField(
                    model_name="qualityitem",
                    name="report",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="datasets.qualityreport",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="classlabel",
                    constraint=models.UniqueConstraint(
                        fields=("dataset", "name"), name="class_label_once_per_dataset"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="datasetversion",
                    constraint=models.UniqueConstraint(
                        fields=("dataset", "number"), name="dataset_version_number_once"
                    ),
                ),
                migrations.AddIndex(
                    model_name="image",
                    index=models.Index(
                        condition=models.Q(("deleted_at", None)),
                        fields=["dataset", "-created_at", "-id"],
                        name="image_newest",
                    ),
                ),
                migrations.AddIndex(
                    model_name="image",
                    index=models.Index(
                        condition=models.Q(("deleted_at", None)),
                        fields=["class_label", "-created_at", "-id"],
                        name="image_newest_of_class",
                    ),
                ),
                migrations.AddIndex(
                    model_name="image",
                    index=models.Index(
                        condition=models.Q(("deleted_at", None)),
                        fields=["dataset", "class_label", "split"],
                        name="image_counts",
                    ),
                ),
                migrations.AddIndex(
                    model_name="image",
                    index=models.Index(
                        fields=["dataset", "sha256"], include=("bytes",), name="image_stored"
                    ),
                ),
                migrations.AddIndex(
                    model_name="image",
                    index=models.Index(
                        condition=models.Q(("deleted_at__isnull", False)),
                        fields=["dataset", "-created_at", "-id"],
                        name="image_newest_in_trash",
                    ),
                ),
                migrations.AddIndex(
                    model_name="image",
                    index=models.Index(
                        condition=models.Q(("deleted_at__isnull", False), ("purged_at", None)),
                        fields=["deleted_at"],
                        name="image_purge",
                    ),
                ),
                migrations.AddIndex(
                    model_name="image",
                    index=models.Index(
                        condition=models.Q(("deleted_at", None), ("labelled_by__isnull", False)),
                        fields=["labelled_by", "dataset", "-created_at", "-id"],
                        name="image_newest_by_person",
                    ),
                ),
                migrations.AddIndex(
                    model_name="image",
                    index=models.Index(
                        condition=models.Q(("forgetting__isnull", False)),
                        fields=["forgetting"],
                        name="image_forgotten",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="importchunk",
                    constraint=models.UniqueConstraint(
                        fields=("source", "number"), name="chunk_once_per_import"
                    ),
                ),
                migrations.AddIndex(
                    model_name="importitem",
                    index=models.Index(
                        fields=["source", "outcome", "id"], name="datasets_im_source__069ae8_idx"
                    ),
                ),
                migrations.AddIndex(
                    model_name="sample",
                    index=models.Index(
                        fields=["version", "split"], name="datasets_sa_version_5e04ca_idx"
                    ),
                ),
                migrations.AddIndex(
                    model_name="sample",
                    index=models.Index(
                        condition=models.Q(("forgotten", True)),
                        fields=["version"],
                        name="sample_forgotten",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sample",
                    constraint=models.UniqueConstraint(
                        fields=("version", "image"), name="sample_once_per_version"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sheettext",
                    constraint=models.UniqueConstraint(
                        fields=("version", "field"), name="sheet_text_once_per_field"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="upload",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("offset__lte", models.F("length"))),
                        name="upload_within_length",
                    ),
                ),
                migrations.AddIndex(
                    model_name="dataset",
                    index=models.Index(
                        fields=["organization", "-created_at"],
                        name="datasets_da_organiz_8f5483_idx",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="qualityitem",
                    constraint=models.UniqueConstraint(
                        fields=("report", "kind", "rank", "by_person"),
                        name="quality_item_rank_once",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
