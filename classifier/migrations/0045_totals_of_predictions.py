"""What all predictions came to stands in one row, so that a scrape adds nothing up."""

from django.db import migrations, models

NUMBERS = ("undecided", "accepted", "reviewed", "unknown", "timed")
ADD_UP = """
UPDATE classifier_figuresmark AS mark SET
  undecided = days.count - days.accepted - days.reviewed - days.unknown,
  accepted = days.accepted, reviewed = days.reviewed, unknown = days.unknown,
  latency_sum = days.latency_sum, timed = days.timed
FROM (
  SELECT COALESCE(sum(count), 0) AS count, COALESCE(sum(accepted), 0) AS accepted,
    COALESCE(sum(reviewed), 0) AS reviewed, COALESCE(sum(unknown), 0) AS unknown,
    COALESCE(sum(latency_sum), 0) AS latency_sum, COALESCE(sum(timed), 0) AS timed
  FROM classifier_predictionfigures WHERE step = 'day'
) AS days;
"""


class Migration(migrations.Migration):
    dependencies = [("classifier", "0044_keeps_predictions")]
    operations = [
        *(
            migrations.AddField("figuresmark", name, models.PositiveBigIntegerField(default=0))
            for name in NUMBERS
        ),
        migrations.AddField("figuresmark", "latency_sum", models.FloatField(default=0.0)),
        migrations.RunSQL(ADD_UP, migrations.RunSQL.noop),
    ]
