"""What deleted jobs had come to stays counted."""

from django.db import migrations, models

# The bounds are those of `jobs.selectors.figures.BUCKETS`.
KEEP = """
CREATE FUNCTION jobs_keep_figures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jobs_deletedfigures (is_attempt, kind, outcome, code, bucket, count, seconds)
    SELECT false, kind, status, left(coalesce(error ->> 'code', ''), 40),
           width_bucket(took, '{1,5,15,60,300,900,3600,14400,86400}'::float8[]),
           count(*), coalesce(sum(took), 0)
    FROM (SELECT kind, status, error, CASE WHEN status = 'succeeded'
                 THEN extract(epoch FROM ended_at - started_at)::float8 END AS took
          FROM gone WHERE status IN ('succeeded', 'failed', 'cancelled')) AS ended
    GROUP BY 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE TRIGGER job_figures_stay AFTER DELETE ON jobs_job
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_keep_figures();

CREATE FUNCTION jobs_keep_attempt_figures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jobs_deletedfigures (is_attempt, kind, outcome, code, count, seconds)
    SELECT true, job.kind, gone.outcome, left(coalesce(gone.error ->> 'code', ''), 40), count(*), 0
    FROM gone JOIN jobs_job AS job ON job.id = gone.job_id
    WHERE gone.outcome <> ''
    GROUP BY 2, 3, 4;
    RETURN NULL;
END $$;
CREATE TRIGGER attempt_figures_stay AFTER DELETE ON jobs_jobattempt
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_keep_attempt_figures();
"""
LET_GO = """
DROP FUNCTION jobs_keep_figures() CASCADE;
DROP FUNCTION jobs_keep_attempt_figures() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0018_trace")]

    operations = [
        migrations.CreateModel(
            name="DeletedFigures",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_attempt", models.BooleanField()),
                ("kind", models.CharField(max_length=40)),
                ("outcome", models.CharField(max_length=10)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("bucket", models.PositiveSmallIntegerField(null=True)),
                ("count", models.BigIntegerField()),
                ("seconds", models.FloatField()),
            ],
            options={"verbose_name_plural": "deleted figures"},
        ),
        migrations.RunSQL(KEEP, LET_GO),
    ]
