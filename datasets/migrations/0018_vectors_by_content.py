"""A vector is of a content in a space, no longer of an image.

What is known of the stored ones: their backbone (MobileNetV2), the first eight digits of its file's
hash, the size; that images were stretched and computed in float32 follows from the code of that
time. The whole hash is not known: the space gets it when the file is next opened. Copies of one
computation become one. Vectors under any other name are left out: they were never Loupe's.

Backwards, nothing is written: vectors are derived, and earlier code computes those that it lacks.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

_SPACES = r"""
INSERT INTO datasets_vectorspace
    (name, backbone, backbone_sha256, size, fit, precision, mirrored, width)
SELECT part[1] || '-' || part[2] || '-stretch-float32-' || part[3],
    part[1], part[3], part[2]::smallint, 'stretch', 'float32', false, width
FROM (SELECT backbone, max(octet_length(vector)) / 2 AS width
      FROM datasets_imagevector GROUP BY backbone) AS known,
    regexp_match(known.backbone, '^(MobileNetV2)-(\d{2,4})-([0-9a-f]{8})$') AS part
WHERE part IS NOT NULL
ORDER BY backbone
"""
_OLD_NAME = "space.backbone || '-' || space.size || '-' || space.backbone_sha256"
_VECTORS = f"""
INSERT INTO datasets_vector (organization_id, sha256, space_id, vector)
SELECT home.organization_id, image.sha256, space.id, known.vector
FROM datasets_imagevector AS known
JOIN datasets_image AS image ON image.id = known.image_id
JOIN datasets_dataset AS home ON home.id = image.dataset_id
JOIN datasets_vectorspace AS space ON known.backbone = {_OLD_NAME}
WHERE octet_length(known.vector) = 2 * space.width
ON CONFLICT DO NOTHING
"""  # noqa: S608
_NAMES = f"""
UPDATE datasets_datasetmap SET embedding = space.name
FROM datasets_vectorspace AS space WHERE embedding = {_OLD_NAME};
UPDATE datasets_qualityreport SET embedding = space.name
FROM datasets_vectorspace AS space WHERE embedding = {_OLD_NAME};
"""  # noqa: S608
_SPACE_OF_DATASET = f"""
UPDATE datasets_dataset AS dataset SET space_id = most.space_id
FROM (SELECT DISTINCT ON (image.dataset_id) image.dataset_id, space.id AS space_id
      FROM datasets_imagevector AS known
      JOIN datasets_image AS image ON image.id = known.image_id
      JOIN datasets_vectorspace AS space ON known.backbone = {_OLD_NAME}
      GROUP BY image.dataset_id, space.id
      ORDER BY image.dataset_id, count(*) DESC) AS most
WHERE dataset.id = most.dataset_id
"""  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_look_alikes"),
        ("datasets", "0017_image_vector"),
    ]

    operations = [
        migrations.CreateModel(
            name="VectorSpace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
        migrations.AlterField(
            model_name="datasetmap", name="embedding", field=models.CharField(max_length=120)
        ),
        # Half floats do not shrink: Postgres would try on each of them.
        migrations.RunSQL(
            "ALTER TABLE datasets_vector ALTER COLUMN vector SET STORAGE EXTERNAL",
            migrations.RunSQL.noop,
        ),
        *(
            migrations.RunSQL(statement, migrations.RunSQL.noop)
            for statement in (_SPACES, _VECTORS, _NAMES, _SPACE_OF_DATASET)
        ),
        migrations.DeleteModel("ImageVector"),
    ]
