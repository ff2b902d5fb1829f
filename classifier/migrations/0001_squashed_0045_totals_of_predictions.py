"""What the migrations up to 0045_totals_of_predictions make of an empty database.

A database that has some of them goes on with those.
"""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from common.create_models import CreateModels

GUARDS = """
CREATE FUNCTION classifier_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION classifier_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('loupe.deleted_model', true) = OLD.model_id::text THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION classifier_refuse_version_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('loupe.deleted_model', true) = OLD.model_id::text
            OR current_setting('loupe.deleted_version', true) = OLD.id::text THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER alias_change_is_immutable BEFORE UPDATE ON classifier_aliaschange
    FOR EACH ROW
    EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER alias_change_is_not_truncated BEFORE TRUNCATE ON classifier_aliaschange
    FOR EACH STATEMENT
    EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER alias_change_stays BEFORE DELETE ON classifier_aliaschange
    FOR EACH ROW
    EXECUTE FUNCTION classifier_refuse_delete();
CREATE TRIGGER report_is_immutable BEFORE UPDATE ON classifier_evaluationreport
    FOR EACH ROW WHEN (
        (old.metrics IS NOT NULL)
        AND ((to_jsonb(new.*) - 'created_by_id'::text)
        IS DISTINCT FROM (to_jsonb(old.*) - 'created_by_id'::text))
    )
    EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER model_gate_is_immutable BEFORE UPDATE ON classifier_modelgate
    FOR EACH ROW
    EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER model_gate_is_not_truncated BEFORE TRUNCATE ON classifier_modelgate
    FOR EACH STATEMENT
    EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER model_gate_stays BEFORE DELETE ON classifier_modelgate
    FOR EACH ROW
    EXECUTE FUNCTION classifier_refuse_delete();
CREATE TRIGGER model_version_is_immutable BEFORE UPDATE ON classifier_modelversion
    FOR EACH ROW WHEN (
        old.files <> '{}'::jsonb
    )
    EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER model_version_is_not_truncated BEFORE TRUNCATE ON classifier_modelversion
    FOR EACH STATEMENT
    EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER model_version_stays BEFORE DELETE ON classifier_modelversion
    FOR EACH ROW
    EXECUTE FUNCTION classifier_refuse_version_delete();
CREATE TRIGGER prediction_is_immutable BEFORE UPDATE ON classifier_prediction
    FOR EACH ROW WHEN (
        (to_jsonb(new.*) - 'created_by_id'::text)
        IS DISTINCT FROM (to_jsonb(old.*) - 'created_by_id'::text)
    )
    EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER report_answers_are_immutable BEFORE UPDATE ON classifier_reportanswers
    FOR EACH ROW WHEN (
        COALESCE(current_setting('loupe.forgets'::text, true), ''::text) <> 'on'::text
    )
    EXECUTE FUNCTION classifier_refuse_change();
"""
NO_GUARDS = """
DROP FUNCTION classifier_refuse_change() CASCADE;
DROP FUNCTION classifier_refuse_delete() CASCADE;
DROP FUNCTION classifier_refuse_version_delete() CASCADE;
"""


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("classifier", "0001_initial"),
        ("classifier", "0002_immutable_versions"),
        ("classifier", "0003_report_answers"),
        ("classifier", "0004_slices_without_a_value"),
        ("classifier", "0005_archive_and_delete"),
        ("classifier", "0006_first_run"),
        ("classifier", "0007_names_in_nfc"),
        ("classifier", "0008_run_time_limit"),
        ("classifier", "0009_prediction_answer"),
        ("classifier", "0010_model_export"),
        ("classifier", "0011_fast_mode"),
        ("classifier", "0012_instant_model_version"),
        ("classifier", "0013_run_finish"),
        ("classifier", "0014_run_fit"),
        ("classifier", "0015_experiments"),
        ("classifier", "0016_rate_search"),
        ("classifier", "0017_prediction_precision"),
        ("classifier", "0018_seen_of_a_run"),
        ("classifier", "0019_member_outlives_run"),
        ("classifier", "0020_decision"),
        ("classifier", "0021_ensembles"),
        ("classifier", "0022_report_further"),
        ("classifier", "0023_class_mapping"),
        ("classifier", "0024_combined_predictions"),
        ("classifier", "0025_whole_history"),
        ("classifier", "0026_card_texts"),
        ("classifier", "0027_model_gate"),
        ("classifier", "0028_model_copies"),
        ("classifier", "0029_model_imports"),
        ("classifier", "0030_experiment_left_out"),
        ("classifier", "0031_forgotten_answers"),
        ("classifier", "0032_copies_learned_from"),
        ("classifier", "0033_review_queue"),
        ("classifier", "0034_batch_predictions"),
        ("classifier", "0035_kept_predictions"),
        ("classifier", "0036_retraining"),
        ("classifier", "0037_prediction_latency"),
        ("classifier", "0038_monitoring"),
        ("classifier", "0039_challenges"),
        ("classifier", "0040_review_of_answers"),
        ("classifier", "0041_batch_files"),
        ("classifier", "0042_outdated_drafts"),
        ("classifier", "0043_promises_of_a_wish"),
        ("classifier", "0044_keeps_predictions"),
        ("classifier", "0045_totals_of_predictions"),
    ]

    dependencies = [
        ("accounts", "0001_squashed_0011_keeps_predictions"),
        ("datasets", "0001_squashed_0029_forgetting_met"),
        ("jobs", "0001_squashed_0016_turns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="EvaluationReport",
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
                            "split",
                            models.PositiveSmallIntegerField(
                                choices=[(0, "train"), (1, "validation"), (2, "test")]
                            ),
                        ),
                        ("class_mapping", models.JSONField(default=dict)),
                        (
                            "other_classes",
                            models.CharField(
                                choices=[("wrong", "A mistake"), ("left_out", "Left out")],
                                default="wrong",
                                max_length=10,
                            ),
                        ),
                        ("metrics", models.JSONField(null=True)),
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
                            "dataset_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="evaluation_reports",
                                to="datasets.datasetversion",
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="evaluation_report",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="evaluation_reports",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Experiment",
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
                        ("kind", models.CharField(max_length=20)),
                        ("name", models.CharField(max_length=120)),
                        ("settings", models.JSONField()),
                        ("result", models.JSONField(null=True)),
                        ("left_out", models.JSONField(db_default={}, default=dict, editable=False)),
                        ("wakes_on_any", models.BooleanField(default=False)),
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
                            "dataset_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="experiments",
                                to="datasets.datasetversion",
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="experiment",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="experiments",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ExperimentMember",
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
                        ("keeps_model", models.BooleanField(default=False)),
                        ("spec", models.JSONField(default=dict)),
                        ("result", models.JSONField(null=True)),
                        (
                            "experiment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="members",
                                to="classifier.experiment",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="FiguresMark",
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
                        ("until", models.DateTimeField()),
                        ("undecided", models.PositiveBigIntegerField(default=0)),
                        ("accepted", models.PositiveBigIntegerField(default=0)),
                        ("reviewed", models.PositiveBigIntegerField(default=0)),
                        ("unknown", models.PositiveBigIntegerField(default=0)),
                        ("latency_sum", models.FloatField(default=0.0)),
                        ("timed", models.PositiveBigIntegerField(default=0)),
                    ],
                ),
                migrations.CreateModel(
                    name="ModelVersion",
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
                        ("dataset_digest", models.CharField(blank=True, max_length=64)),
                        ("class_names", models.JSONField()),
                        ("preset", models.CharField(max_length=40)),
                        ("config", models.JSONField()),
                        ("libraries", models.JSONField()),
                        ("code_version", models.CharField(max_length=80)),
                        ("files", models.JSONField()),
                        ("parity", models.JSONField(null=True)),
                        ("instant_model", models.JSONField(null=True)),
                        ("ensemble", models.JSONField(null=True)),
                        ("imported", models.JSONField(null=True)),
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
                            "dataset_version",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="model_versions",
                                to="datasets.datasetversion",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="RegisteredModel",
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
                        ("description", models.TextField(blank=True, max_length=2000)),
                        ("archived_at", models.DateTimeField(editable=False, null=True)),
                        (
                            "class_facts_number",
                            models.PositiveIntegerField(db_default=0, default=0, editable=False),
                        ),
                        (
                            "challenged",
                            models.BooleanField(db_default=False, default=False, editable=False),
                        ),
                        (
                            "versions_made",
                            models.PositiveIntegerField(db_default=0, default=0, editable=False),
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
                            "organization",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="registered_models",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="BatchPrediction",
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
                            "source",
                            models.CharField(
                                choices=[
                                    ("archive", "Archive"),
                                    ("dataset_version", "Dataset version"),
                                    ("dataset", "Dataset"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("source_name", models.CharField(max_length=255)),
                        ("selection", models.JSONField(default=dict)),
                        ("upload", models.CharField(blank=True, max_length=64)),
                        ("archive_sha256", models.CharField(blank=True, max_length=64)),
                        ("kept_bytes", models.PositiveBigIntegerField(default=0)),
                        ("image_count", models.PositiveIntegerField()),
                        ("skipped_count", models.PositiveIntegerField(default=0)),
                        ("forgotten_count", models.PositiveIntegerField(default=0)),
                        ("rule", models.JSONField(null=True)),
                        ("top_k", models.PositiveSmallIntegerField()),
                        ("expires_at", models.DateTimeField(db_index=True)),
                        ("deleted_at", models.DateTimeField(editable=False, null=True)),
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
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="batch_predictions",
                                to="datasets.dataset",
                            ),
                        ),
                        (
                            "dataset_version",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="batch_predictions",
                                to="datasets.datasetversion",
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="batch_prediction",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="batch_predictions",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="batch_predictions",
                                to="classifier.modelversion",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "batch prediction",
                    },
                ),
                migrations.CreateModel(
                    name="BatchAddition",
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
                        ("dataset_name", models.CharField(max_length=255)),
                        ("least_probability", models.FloatField(null=True)),
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
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="batch_additions",
                                to="datasets.dataset",
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="batch_addition",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="additions",
                                to="classifier.batchprediction",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="BatchResult",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("index", models.PositiveIntegerField()),
                        ("name", models.CharField(max_length=512)),
                        ("sha256", models.CharField(blank=True, db_index=True, max_length=64)),
                        ("file", models.JSONField(null=True)),
                        ("class_name", models.CharField(blank=True, max_length=255)),
                        ("probability", models.FloatField(null=True)),
                        ("decision", models.CharField(blank=True, max_length=7)),
                        ("answer", models.JSONField(null=True)),
                        ("code", models.CharField(blank=True, max_length=40)),
                        ("detail", models.CharField(blank=True, max_length=400)),
                        (
                            "batch",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="results",
                                to="classifier.batchprediction",
                            ),
                        ),
                        (
                            "image",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="batch_results",
                                to="datasets.image",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Challenge",
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
                            "mode",
                            models.CharField(
                                choices=[("share", "Share"), ("shadow", "Shadow")], max_length=6
                            ),
                        ),
                        ("share", models.FloatField()),
                        ("fallbacks", models.PositiveIntegerField(default=0, editable=False)),
                        ("problem", models.CharField(blank=True, editable=False, max_length=300)),
                        ("ended_at", models.DateTimeField(editable=False, null=True)),
                        (
                            "end_reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("stopped", "Stopped"),
                                    ("promoted", "Promoted"),
                                    ("alias_moved", "Alias Moved"),
                                ],
                                editable=False,
                                max_length=11,
                            ),
                        ),
                        (
                            "started_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "challenger",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="classifier.modelversion",
                            ),
                        ),
                        (
                            "champion",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="classifier.modelversion",
                            ),
                        ),
                        (
                            "model",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="challenges",
                                to="classifier.registeredmodel",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="DriftCheck",
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
                        ("scheduled", models.BooleanField()),
                        ("level", models.FloatField()),
                        ("count", models.PositiveIntegerField(default=0)),
                        ("first_at", models.DateTimeField(null=True)),
                        ("last_at", models.DateTimeField(null=True)),
                        ("reference", models.CharField(blank=True, max_length=300)),
                        ("reference_images", models.PositiveIntegerField(default=0)),
                        (
                            "judgement",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("quiet", "Quiet"),
                                    ("watch", "Watch"),
                                    ("drift", "Drift"),
                                ],
                                max_length=5,
                            ),
                        ),
                        ("missing", models.JSONField(default=list)),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="drift_check",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="drift_checks",
                                to="classifier.modelversion",
                            ),
                        ),
                        (
                            "model",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="classifier.registeredmodel",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="DriftFinding",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("vectors", "Images (their vectors)"),
                                    ("confidence", "Confidence"),
                                    ("class_mix", "Class mix"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("score", models.FloatField()),
                        ("usual", models.FloatField(null=True)),
                        ("p_value", models.FloatField()),
                        ("adjusted", models.FloatField()),
                        (
                            "judgement",
                            models.CharField(
                                choices=[
                                    ("quiet", "Quiet"),
                                    ("watch", "Watch"),
                                    ("drift", "Drift"),
                                ],
                                max_length=5,
                            ),
                        ),
                        ("images", models.PositiveIntegerField()),
                        ("bins", models.JSONField(default=list)),
                        ("moved", models.JSONField(default=list)),
                        (
                            "drift_check",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="findings",
                                to="classifier.driftcheck",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ReportAnswers",
                    fields=[
                        (
                            "report",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="answers",
                                serialize=False,
                                to="classifier.evaluationreport",
                            ),
                        ),
                        ("samples_digest", models.CharField(max_length=64)),
                        ("correct", models.BinaryField()),
                        ("predicted", models.BinaryField()),
                        ("probability", models.BinaryField()),
                    ],
                    options={
                        "verbose_name_plural": "report answers",
                    },
                ),
                migrations.CreateModel(
                    name="ExperimentFolds",
                    fields=[
                        (
                            "experiment",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="folds",
                                serialize=False,
                                to="classifier.experiment",
                            ),
                        ),
                        ("folds", models.BinaryField()),
                        ("groups", models.BinaryField()),
                    ],
                    options={
                        "verbose_name_plural": "experiment folds",
                    },
                ),
                migrations.CreateModel(
                    name="FoldAnswers",
                    fields=[
                        (
                            "member",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="answers",
                                serialize=False,
                                to="classifier.experimentmember",
                            ),
                        ),
                        ("probabilities", models.BinaryField()),
                    ],
                    options={
                        "verbose_name_plural": "fold answers",
                    },
                ),
                migrations.CreateModel(
                    name="VersionCalibration",
                    fields=[
                        (
                            "model_version",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="calibration",
                                serialize=False,
                                to="classifier.modelversion",
                            ),
                        ),
                        ("temperature", models.FloatField()),
                        ("images", models.PositiveIntegerField()),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="ModelExport",
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
                        ("format", models.CharField(max_length=20)),
                        ("file", models.JSONField(null=True)),
                        ("parity", models.JSONField(null=True)),
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
                                related_name="model_export",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="exports",
                                to="classifier.modelversion",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ModelCopy",
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
                        ("source_version", models.UUIDField()),
                        ("source_number", models.PositiveIntegerField()),
                        ("class_mapping", models.JSONField(default=dict)),
                        ("learned_from", models.JSONField(null=True)),
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
                                related_name="model_copy",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="model_copies",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "version",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="copied_from",
                                to="classifier.modelversion",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "model copies",
                    },
                ),
                migrations.CreateModel(
                    name="FastMode",
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
                        ("precision", models.CharField(default="int8", max_length=10)),
                        ("measured", models.JSONField(null=True)),
                        ("file", models.JSONField(null=True)),
                        ("enabled", models.BooleanField(default=False)),
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
                                related_name="fast_mode",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "model_version",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="fast_mode",
                                to="classifier.modelversion",
                            ),
                        ),
                    ],
                ),
                migrations.AddField(
                    model_name="experiment",
                    name="model_version",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="experiments",
                        to="classifier.modelversion",
                    ),
                ),
                migrations.AddField(
                    model_name="evaluationreport",
                    name="model_version",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evaluation_reports",
                        to="classifier.modelversion",
                    ),
                ),
                migrations.CreateModel(
                    name="Decision",
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
                        ("wish", models.JSONField()),
                        ("answers", models.BinaryField(null=True)),
                        ("starts", models.JSONField(default=list)),
                        ("contents", models.BinaryField(null=True)),
                        ("references", models.JSONField(null=True)),
                        (
                            "wished_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                default=django.utils.timezone.now,
                            ),
                        ),
                        ("withdrawn", models.JSONField(db_default={}, default=dict)),
                        ("rule", models.JSONField(null=True)),
                        ("rule_name", models.CharField(blank=True, max_length=80)),
                        ("outcome", models.JSONField(null=True)),
                        ("changed_at", models.DateTimeField(auto_now=True)),
                        (
                            "changed_by",
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
                                related_name="decision",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "model_version",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decision",
                                to="classifier.modelversion",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="CardText",
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
                            "written_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="card_texts",
                                to="classifier.modelversion",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Prediction",
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
                        ("image_sha256", models.CharField(blank=True, max_length=64)),
                        ("answer", models.JSONField()),
                        ("images", models.JSONField(null=True)),
                        (
                            "precision",
                            models.CharField(
                                blank=True, db_default="", editable=False, max_length=10
                            ),
                        ),
                        ("latency_ms", models.PositiveIntegerField(editable=False, null=True)),
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
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="predictions",
                                to="classifier.modelversion",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="predictions",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="KeptPrediction",
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
                        ("images", models.JSONField()),
                        (
                            "contents",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=64), size=None
                            ),
                        ),
                        ("bytes", models.PositiveBigIntegerField()),
                        ("class_name", models.CharField(max_length=200)),
                        ("confidence", models.FloatField()),
                        ("decision", models.CharField(blank=True, max_length=10)),
                        ("expires_at", models.DateTimeField(db_index=True)),
                        ("deleted_at", models.DateTimeField(editable=False, null=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="kept_predictions",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="kept_predictions",
                                to="classifier.modelversion",
                            ),
                        ),
                        (
                            "prediction",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="kept",
                                to="classifier.prediction",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ChallengeAnswer",
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
                            "arm",
                            models.CharField(
                                choices=[("champion", "Champion"), ("challenger", "Challenger")],
                                max_length=10,
                            ),
                        ),
                        ("class_name", models.CharField(max_length=200)),
                        ("milliseconds", models.FloatField()),
                        ("shadow_answer", models.JSONField(null=True)),
                        ("shadow_class", models.CharField(blank=True, max_length=200)),
                        ("shadow_milliseconds", models.FloatField(null=True)),
                        ("problem", models.CharField(blank=True, max_length=40)),
                        (
                            "challenge",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="answers",
                                to="classifier.challenge",
                            ),
                        ),
                        (
                            "prediction",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="challenged",
                                to="classifier.prediction",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="PredictionFeedback",
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
                        ("class_name", models.CharField(max_length=200)),
                        ("correct", models.BooleanField()),
                        ("known", models.BooleanField()),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("person", "Person"),
                                    ("review", "Review"),
                                    ("api", "Api"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("changed_at", models.DateTimeField(auto_now=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("images", models.ManyToManyField(related_name="+", to="datasets.image")),
                        (
                            "prediction",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="feedback",
                                to="classifier.prediction",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "feedback on predictions",
                    },
                ),
                migrations.CreateModel(
                    name="PredictionFigures",
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
                        (
                            "step",
                            models.CharField(
                                choices=[("hour", "Hour"), ("day", "Day")], max_length=4
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("count", models.PositiveIntegerField()),
                        ("accepted", models.PositiveIntegerField()),
                        ("reviewed", models.PositiveIntegerField()),
                        ("unknown", models.PositiveIntegerField()),
                        (
                            "confidence",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveIntegerField(), size=None
                            ),
                        ),
                        ("confidence_sum", models.FloatField()),
                        (
                            "latency",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveIntegerField(), size=None
                            ),
                        ),
                        ("latency_sum", models.FloatField()),
                        ("timed", models.PositiveIntegerField()),
                        ("classes", models.JSONField()),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="classifier.modelversion",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "prediction figures",
                    },
                ),
                migrations.CreateModel(
                    name="PredictionKeeping",
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
                        ("enabled", models.BooleanField(default=False)),
                        ("days", models.PositiveIntegerField()),
                        ("max_bytes", models.PositiveBigIntegerField()),
                        ("missed", models.PositiveBigIntegerField(default=0, editable=False)),
                        ("pushed_out", models.PositiveBigIntegerField(default=0, editable=False)),
                        ("changed_at", models.DateTimeField(auto_now=True)),
                        (
                            "changed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="prediction_keeping",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "keeping of predictions",
                    },
                ),
                migrations.CreateModel(
                    name="PromiseRecord",
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
                        ("since", models.DateTimeField()),
                        ("checked", models.JSONField(default=dict)),
                        ("broken", models.JSONField(default=list)),
                        ("withdrawn_at", models.DateTimeField(null=True)),
                        (
                            "decision",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="promises",
                                to="classifier.decision",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="RateSearch",
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
                        ("preset", models.CharField(max_length=40)),
                        ("config", models.JSONField()),
                        ("setting", models.CharField(max_length=40)),
                        ("measured", models.JSONField(null=True)),
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
                            "dataset_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rate_searches",
                                to="datasets.datasetversion",
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rate_search",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rate_searches",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "learning-rate search",
                        "verbose_name_plural": "learning-rate searches",
                    },
                ),
                migrations.CreateModel(
                    name="RetrainingRule",
                    fields=[
                        (
                            "model",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="retraining_rule",
                                serialize=False,
                                to="classifier.registeredmodel",
                            ),
                        ),
                        ("labels", models.PositiveIntegerField(null=True)),
                        ("drift", models.BooleanField(default=False)),
                        ("every_days", models.PositiveIntegerField(null=True)),
                        ("due_at", models.DateTimeField(null=True)),
                        ("note", models.CharField(blank=True, max_length=400)),
                        ("looked_at", models.DateTimeField(null=True)),
                        ("changed_at", models.DateTimeField(auto_now=True)),
                    ],
                ),
                migrations.AddField(
                    model_name="modelversion",
                    name="model",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="classifier.registeredmodel",
                    ),
                ),
                migrations.CreateModel(
                    name="ModelImport",
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
                        ("file_name", models.CharField(max_length=255)),
                        ("file_sha256", models.CharField(max_length=64)),
                        ("file_bytes", models.PositiveBigIntegerField()),
                        ("upload", models.CharField(max_length=64)),
                        ("keras_version", models.CharField(blank=True, max_length=40)),
                        ("class_names", models.JSONField()),
                        ("input", models.JSONField()),
                        ("stated", models.JSONField()),
                        ("remarks", models.JSONField(default=list)),
                        ("trial", models.JSONField(null=True)),
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
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="model_imports",
                                to="datasets.dataset",
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="model_import",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="model_imports",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "model",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="imports",
                                to="classifier.registeredmodel",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ModelGate",
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
                        ("rules", models.JSONField()),
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
                            "dataset_version",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="model_gates",
                                to="datasets.datasetversion",
                            ),
                        ),
                        (
                            "model",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="gates",
                                to="classifier.registeredmodel",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ModelAlias",
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
                        ("alias", models.SlugField(max_length=40)),
                        (
                            "version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="alias_set",
                                to="classifier.modelversion",
                            ),
                        ),
                        (
                            "model",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="alias_set",
                                to="classifier.registeredmodel",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "model aliases",
                    },
                ),
                migrations.CreateModel(
                    name="DriftWatch",
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
                        ("enabled", models.BooleanField(default=True)),
                        ("window", models.PositiveIntegerField(default=300)),
                        ("every_hours", models.PositiveIntegerField(default=24)),
                        ("baseline", models.JSONField(null=True)),
                        ("looked_at", models.DateTimeField(null=True)),
                        ("seen_until", models.DateTimeField(null=True)),
                        (
                            "changed_by",
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
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "model",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="classifier.registeredmodel",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="AliasChange",
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
                        ("number", models.PositiveIntegerField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("set", "Set"),
                                    ("rolled_back", "Rolled Back"),
                                    ("removed", "Removed"),
                                    ("archived", "Archived"),
                                    ("taken_back", "Taken Back"),
                                ],
                                default="set",
                                max_length=12,
                            ),
                        ),
                        ("alias", models.SlugField(blank=True, max_length=40)),
                        ("version_number", models.PositiveIntegerField(null=True)),
                        ("previous_number", models.PositiveIntegerField(null=True)),
                        ("reason", models.CharField(blank=True, max_length=500)),
                        ("overridden", models.JSONField(null=True)),
                        (
                            "created_at",
                            models.DateTimeField(
                                db_index=True, default=django.utils.timezone.now, editable=False
                            ),
                        ),
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
                            "model",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="alias_changes",
                                to="classifier.registeredmodel",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ReportCurve",
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
                        ("class_index", models.PositiveIntegerField()),
                        ("points", models.JSONField()),
                        (
                            "report",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="curves",
                                to="classifier.evaluationreport",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ReviewSelection",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("unlabelled", "Images without a class"),
                                    ("label_errors", "Labels that are probably wrong"),
                                    ("predictions", "Doubtful predictions"),
                                    ("batch", "Doubtful answers of a batch"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("confidence", models.FloatField(null=True)),
                        ("counts", models.JSONField(default=dict)),
                        ("ranked", models.PositiveIntegerField(default=0)),
                        ("vectors", models.CharField(blank=True, max_length=120)),
                        (
                            "batch",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="classifier.batchprediction",
                            ),
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
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="datasets.dataset",
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="review_selection",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "model",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="classifier.registeredmodel",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="ReviewItem",
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
                            "reason",
                            models.CharField(
                                choices=[
                                    ("unlabelled", "Images without a class"),
                                    ("label_errors", "Labels that are probably wrong"),
                                    ("predictions", "Doubtful predictions"),
                                    ("batch", "Doubtful answers of a batch"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("decision", models.CharField(blank=True, max_length=10)),
                        ("suggested", models.JSONField(default=list)),
                        ("uncertainty", models.FloatField()),
                        ("rank", models.PositiveIntegerField(default=2147483647)),
                        (
                            "status",
                            models.CharField(
                                choices=[("open", "Open"), ("answered", "Answered")],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("claimed_until", models.DateTimeField(null=True)),
                        (
                            "skipped_by",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), default=list, size=None
                            ),
                        ),
                        ("class_name", models.CharField(blank=True, max_length=120)),
                        ("answered_at", models.DateTimeField(null=True)),
                        ("undo", models.JSONField(default=dict, editable=False)),
                        (
                            "answered_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "batch_result",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="review_item",
                                to="classifier.batchresult",
                            ),
                        ),
                        (
                            "claimed_by",
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
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="datasets.dataset",
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
                            "image",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="review_items",
                                to="datasets.image",
                            ),
                        ),
                        (
                            "kept",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="review_item",
                                to="classifier.keptprediction",
                            ),
                        ),
                        (
                            "model",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="review_items",
                                to="classifier.registeredmodel",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "selection",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="items",
                                to="classifier.reviewselection",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="RobustnessCheck",
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
                        ("images", models.PositiveIntegerField()),
                        ("result", models.JSONField(null=True)),
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
                                related_name="robustness_check",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "report",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="robustness_checks",
                                to="classifier.evaluationreport",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="TrainingRun",
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
                        ("preset", models.CharField(max_length=40)),
                        ("config", models.JSONField()),
                        ("time_limit_seconds", models.PositiveIntegerField(null=True)),
                        (
                            "finish",
                            models.CharField(
                                blank=True,
                                choices=[("epoch", "After this epoch"), ("now", "Now")],
                                editable=False,
                                max_length=5,
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        ("metrics", models.JSONField(default=dict)),
                        ("watched", models.JSONField(default=dict, editable=False)),
                        ("archived_at", models.DateTimeField(editable=False, null=True)),
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
                            "dataset_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="training_runs",
                                to="datasets.datasetversion",
                            ),
                        ),
                        (
                            "job",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="training_run",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "model",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="training_runs",
                                to="classifier.registeredmodel",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="training_runs",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="RetrainingDraft",
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
                            "status",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("started", "Started"),
                                    ("dismissed", "Dismissed"),
                                    ("outdated", "Outdated"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("labels", "New labels"),
                                    ("drift", "Drift"),
                                    ("schedule", "Schedule"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("why", models.CharField(max_length=600)),
                        ("expected", models.CharField(max_length=600)),
                        ("new_labels", models.PositiveIntegerField()),
                        ("corrected", models.PositiveIntegerField()),
                        ("preset", models.CharField(max_length=40)),
                        ("config", models.JSONField()),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("dismissal", models.CharField(blank=True, max_length=400)),
                        (
                            "dataset",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="datasets.dataset",
                            ),
                        ),
                        (
                            "dataset_version",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="datasets.datasetversion",
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "model",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="retraining_drafts",
                                to="classifier.registeredmodel",
                            ),
                        ),
                        (
                            "version",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="classifier.modelversion",
                            ),
                        ),
                        (
                            "training_run",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="retraining_drafts",
                                to="classifier.trainingrun",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "draft",
                    },
                ),
                migrations.AddField(
                    model_name="modelversion",
                    name="training_run",
                    field=models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="model_version",
                        to="classifier.trainingrun",
                    ),
                ),
                migrations.CreateModel(
                    name="FirstRun",
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
                            "status",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("asking", "Asking"),
                                    ("started", "Started"),
                                    ("stopped", "Stopped"),
                                ],
                                default="waiting",
                                max_length=8,
                            ),
                        ),
                        ("ready", models.BooleanField(default=False)),
                        ("accepted", models.BooleanField(default=False)),
                        ("question", models.CharField(blank=True, max_length=600)),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "dataset",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="first_run",
                                to="datasets.dataset",
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="first_run_of",
                                to="classifier.trainingrun",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.AddField(
                    model_name="experimentmember",
                    name="run",
                    field=models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="member",
                        to="classifier.trainingrun",
                    ),
                ),
                migrations.CreateModel(
                    name="EpochMetrics",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("epoch", models.PositiveIntegerField()),
                        ("loss", models.FloatField()),
                        ("accuracy", models.FloatField()),
                        ("val_loss", models.FloatField(null=True)),
                        ("val_accuracy", models.FloatField(null=True)),
                        ("learning_rate", models.FloatField()),
                        ("seconds", models.FloatField()),
                        ("images_per_second", models.FloatField(null=True)),
                        ("memory_bytes", models.PositiveBigIntegerField(null=True)),
                        ("gpu_memory_bytes", models.PositiveBigIntegerField(null=True)),
                        (
                            "run",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="epochs",
                                to="classifier.trainingrun",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "epoch metrics",
                        "ordering": ["epoch"],
                    },
                ),
                migrations.CreateModel(
                    name="EpochAnswers",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("epoch", models.PositiveIntegerField()),
                        ("correct", models.BinaryField()),
                        ("predicted", models.BinaryField()),
                        ("probability", models.BinaryField()),
                        (
                            "run",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="answers",
                                to="classifier.trainingrun",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "epoch answers",
                        "ordering": ["epoch"],
                    },
                ),
                migrations.CreateModel(
                    name="VersionNote",
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
                        ("tags", models.JSONField(default=list)),
                        ("text", models.TextField(blank=True, max_length=5000)),
                        ("changed_at", models.DateTimeField(auto_now=True)),
                        (
                            "changed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "model_version",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="note",
                                to="classifier.modelversion",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="BatchChunk",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("number", models.PositiveIntegerField()),
                        ("fence", models.PositiveIntegerField(default=0)),
                        ("done", models.BooleanField(default=False)),
                        ("size", models.PositiveIntegerField()),
                        ("items", models.JSONField()),
                        ("contents", models.JSONField(null=True)),
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
                                to="classifier.batchprediction",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "number"), name="chunk_once_per_batch"
                            )
                        ],
                    },
                ),
                migrations.AddIndex(
                    model_name="batchresult",
                    index=models.Index(fields=["batch", "class_name"], name="batch_result_class"),
                ),
                migrations.AddConstraint(
                    model_name="batchresult",
                    constraint=models.UniqueConstraint(
                        fields=("batch", "index"), name="batch_result_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="batchresult",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer__isnull", False), ("code", "")),
                            models.Q(
                                ("answer__isnull", True), models.Q(("code", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="batch_result_answer_or_error",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="driftfinding",
                    constraint=models.UniqueConstraint(
                        fields=("drift_check", "kind"), name="drift_finding_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="modelexport",
                    constraint=models.UniqueConstraint(
                        fields=("model_version", "format"), name="model_export_once_a_format"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="fastmode",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("enabled", False), ("file__isnull", False), _connector="OR"
                        ),
                        name="fast_mode_enabled_has_a_file",
                    ),
                ),
                migrations.AddIndex(
                    model_name="experiment",
                    index=models.Index(
                        fields=["organization", "-created_at"],
                        name="classifier__organiz_fbae73_idx",
                    ),
                ),
                migrations.AddIndex(
                    model_name="evaluationreport",
                    index=models.Index(
                        fields=["organization", "-created_at"],
                        name="classifier__organiz_b9fcb0_idx",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="cardtext",
                    constraint=models.UniqueConstraint(
                        fields=("model_version", "field"), name="card_text_once_per_field"
                    ),
                ),
                migrations.AddIndex(
                    model_name="batchprediction",
                    index=models.Index(fields=["organization", "-created_at"], name="batch_newest"),
                ),
                migrations.AddIndex(
                    model_name="batchprediction",
                    index=models.Index(fields=["model_version"], name="batch_of_version"),
                ),
                migrations.AddIndex(
                    model_name="prediction",
                    index=models.Index(
                        fields=["model_version", "-created_at"],
                        name="classifier__model_v_d00bd8_idx",
                    ),
                ),
                migrations.AddIndex(
                    model_name="keptprediction",
                    index=models.Index(
                        fields=["organization", "-created_at", "-id"],
                        include=("bytes",),
                        name="kept_newest",
                    ),
                ),
                migrations.AddIndex(
                    model_name="keptprediction",
                    index=models.Index(
                        condition=models.Q(("deleted_at__isnull", False)),
                        fields=["deleted_at"],
                        name="kept_deleted",
                    ),
                ),
                migrations.AddIndex(
                    model_name="keptprediction",
                    index=django.contrib.postgres.indexes.GinIndex(
                        fields=["contents"], name="kept_contents"
                    ),
                ),
                migrations.AddIndex(
                    model_name="predictionfeedback",
                    index=models.Index(fields=["changed_at"], name="feedback_lately"),
                ),
                migrations.AddIndex(
                    model_name="predictionfigures",
                    index=models.Index(fields=["step", "at"], name="classifier__step_800878_idx"),
                ),
                migrations.AddConstraint(
                    model_name="predictionfigures",
                    constraint=models.UniqueConstraint(
                        fields=("organization", "model_version", "step", "at"), name="figures_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="predictionkeeping",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("days__gte", 1), ("max_bytes__gte", 1)),
                        name="keeping_has_bounds",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="promiserecord",
                    constraint=models.UniqueConstraint(
                        fields=("decision", "since"), name="promise_record_once"
                    ),
                ),
                migrations.AddIndex(
                    model_name="ratesearch",
                    index=models.Index(
                        fields=["organization", "-created_at"],
                        name="classifier__organiz_7f00ba_idx",
                    ),
                ),
                migrations.AddField(
                    model_name="retrainingrule",
                    name="changed_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="registeredmodel",
                    constraint=models.UniqueConstraint(
                        fields=("organization", "name"), name="model_name_once_per_organization"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="registeredmodel",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("organization", None)),
                        fields=("name",),
                        name="ready_made_model_name_once",
                    ),
                ),
                migrations.AddIndex(
                    model_name="modelimport",
                    index=models.Index(
                        fields=["organization", "-created_at"],
                        name="classifier__organiz_94f749_idx",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="modelgate",
                    constraint=models.UniqueConstraint(
                        fields=("model", "number"), name="model_gate_number_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="modelalias",
                    constraint=models.UniqueConstraint(
                        fields=("model", "alias"), name="alias_once_per_model"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="driftwatch",
                    constraint=models.UniqueConstraint(
                        fields=("organization", "model"), name="drift_watch_once"
                    ),
                ),
                migrations.AddIndex(
                    model_name="driftcheck",
                    index=models.Index(
                        fields=["organization", "model", "-created_at"],
                        name="classifier__organiz_eaa454_idx",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="challenge",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("model",),
                        name="one_challenge_at_a_time",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="challenge",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("share__gt", 0), ("share__lte", 1)),
                        name="challenge_share_is_one",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="aliaschange",
                    constraint=models.UniqueConstraint(
                        fields=("model", "number"), name="alias_change_number_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reportcurve",
                    constraint=models.UniqueConstraint(
                        fields=("report", "class_index"), name="report_curve_once"
                    ),
                ),
                migrations.AddIndex(
                    model_name="reviewitem",
                    index=models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["organization", "-uncertainty", "id"],
                        name="review_most_uncertain",
                    ),
                ),
                migrations.AddIndex(
                    model_name="reviewitem",
                    index=models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["organization", "rank", "-uncertainty", "id"],
                        name="review_most_diverse",
                    ),
                ),
                migrations.AddIndex(
                    model_name="reviewitem",
                    index=models.Index(
                        condition=models.Q(("status", "answered")),
                        fields=["answered_by", "-answered_at"],
                        name="review_answered",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reviewitem",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("batch_result__isnull", True),
                                ("image__isnull", False),
                                ("kept__isnull", True),
                                ("model", None),
                            ),
                            models.Q(
                                ("batch_result__isnull", True),
                                ("image__isnull", True),
                                ("kept__isnull", False),
                            ),
                            models.Q(
                                ("batch_result__isnull", False),
                                ("image__isnull", True),
                                ("kept__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="review_item_has_one_source",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reviewitem",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("status", "open")),
                        fields=("image",),
                        name="review_item_open_once",
                    ),
                ),
                migrations.AddIndex(
                    model_name="trainingrun",
                    index=models.Index(
                        fields=["organization", "-created_at"],
                        name="classifier__organiz_d091ea_idx",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="retrainingdraft",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("status", "open")),
                        fields=("model",),
                        name="retraining_draft_open_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="modelversion",
                    constraint=models.UniqueConstraint(
                        fields=("model", "number"), name="model_version_number_once"
                    ),
                ),
                migrations.AddIndex(
                    model_name="experimentmember",
                    index=models.Index(
                        condition=models.Q(("result__isnull", True)),
                        fields=["experiment"],
                        name="member_open",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="experimentmember",
                    constraint=models.UniqueConstraint(
                        fields=("experiment", "number"), name="member_number_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="epochmetrics",
                    constraint=models.UniqueConstraint(
                        fields=("run", "epoch"), name="epoch_once_per_run"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="epochanswers",
                    constraint=models.UniqueConstraint(
                        fields=("run", "epoch"), name="answers_of_epoch"
                    ),
                ),
            ]
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
