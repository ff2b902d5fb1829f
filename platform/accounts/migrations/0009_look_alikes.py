from django.db import migrations, models

from accounts.look_alikes import skeleton


def fill(apps, schema_editor):
    """The oldest account of those that look alike keeps the name to itself; the others stay."""
    User = apps.get_model("accounts", "User")
    taken = set()
    for user in User.objects.order_by("date_joined", "pk").only("username").iterator():
        looks = skeleton(user.username)
        if looks not in taken:
            taken.add(looks)
            User.objects.filter(pk=user.pk).update(skeleton=looks)


class Migration(migrations.Migration):
    # The table changes after its rows have: Postgres would refuse that in one transaction.
    atomic = False

    dependencies = [("accounts", "0008_quotas")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="skeleton",
            field=models.TextField(editable=False, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                fields=["skeleton"],
                name="username_looks_like_no_other",
                violation_error_message="This name looks like one that is taken.",
            ),
        ),
    ]
