import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

COUNTING = """
CREATE FUNCTION datasets_count_images() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO datasets_imagecount (dataset_id, class_label_id, images, stored, bytes)
        SELECT dataset_id, class_label_id, count(*) FILTER (WHERE deleted_at IS NULL),
            count(*) FILTER (WHERE forgetting_id IS NULL), sum(bytes)
        FROM came GROUP BY dataset_id, class_label_id;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO datasets_imagecount (dataset_id, class_label_id, images, stored, bytes)
        SELECT dataset_id, class_label_id, -count(*) FILTER (WHERE deleted_at IS NULL),
            -count(*) FILTER (WHERE forgetting_id IS NULL), -sum(bytes)
        FROM went GROUP BY dataset_id, class_label_id;
    ELSE
        INSERT INTO datasets_imagecount (dataset_id, class_label_id, images, stored, bytes)
        SELECT dataset_id, class_label_id, sum(images), sum(stored), sum(bytes)
        FROM (
            SELECT dataset_id, class_label_id, (deleted_at IS NULL)::int AS images,
                (forgetting_id IS NULL)::int AS stored, bytes
            FROM came
            UNION ALL
            SELECT dataset_id, class_label_id, -(deleted_at IS NULL)::int,
                -(forgetting_id IS NULL)::int, -bytes
            FROM went
        ) AS changed
        GROUP BY dataset_id, class_label_id
        HAVING sum(images) <> 0 OR sum(stored) <> 0 OR sum(bytes) <> 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER images_that_came AFTER INSERT ON datasets_image
    REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT
    EXECUTE FUNCTION datasets_count_images();
CREATE TRIGGER images_that_changed AFTER UPDATE ON datasets_image
    REFERENCING OLD TABLE AS went NEW TABLE AS came
    FOR EACH STATEMENT
    EXECUTE FUNCTION datasets_count_images();
CREATE TRIGGER images_that_went AFTER DELETE ON datasets_image
    REFERENCING OLD TABLE AS went
    FOR EACH STATEMENT
    EXECUTE FUNCTION datasets_count_images();
INSERT INTO datasets_imagecount (dataset_id, class_label_id, images, stored, bytes)
SELECT dataset_id, class_label_id, count(*) FILTER (WHERE deleted_at IS NULL),
    count(*) FILTER (WHERE forgetting_id IS NULL), sum(bytes)
FROM datasets_image GROUP BY dataset_id, class_label_id;
"""
NO_COUNTING = "DROP FUNCTION datasets_count_images() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0030_import_asks"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImageCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("images", models.BigIntegerField()),
                ("stored", models.BigIntegerField()),
                ("bytes", models.BigIntegerField()),
                (
                    "class_label",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="image_counts",
                        to="datasets.classlabel",
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="image_counts",
                        to="datasets.dataset",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(COUNTING, NO_COUNTING),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=Q(("deleted_at", None), ("excluded_at__isnull", False)),
                fields=["dataset", "-created_at", "-id"],
                name="image_newest_excluded",
            ),
        ),
    ]
