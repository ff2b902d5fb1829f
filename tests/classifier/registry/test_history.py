"""The history of aliases: one order, no gap, and what was live at a time."""

import threading
import uuid
from datetime import timedelta
from importlib import import_module
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from classifier.models import AliasChange, ModelAlias, RegisteredModel
from classifier.registry.selectors.history import live_before, moment_of
from classifier.registry.services.history import add_change
from classifier.registry.services.roll_back import roll_back
from classifier.registry.services.set_alias import set_alias
from common.errors import Conflict
from tests import factories


@pytest.mark.parametrize(
    ("changes", "before"),
    [
        ([], []),
        ([("set", 1)], []),
        ([("set", 1), ("set", 2), ("set", 3)], [2, 1]),
        ([("set", 1), ("set", 2), ("set", 3), ("rolled_back", 2)], [1]),
        ([("set", 1), ("set", 2), ("set", 3), ("rolled_back", 2), ("rolled_back", 1)], []),
        ([("set", 1), ("set", 2), ("set", 1)], [2]),
        ([("set", 1), ("set", 2), ("set", 1), ("set", 3), ("rolled_back", 1)], [2]),
        ([("set", 1), ("set", 2), ("rolled_back", 1), ("set", 3)], [1]),
        # Version 2 was deleted, so the rollback passed it over.
        ([("set", 1), ("set", 2), ("set", 3), ("rolled_back", 1)], []),
    ],
)
def test_a_rollback_undoes_promotions_one_after_another(changes, before):
    assert live_before(changes) == before


def test_what_was_live_at_a_time(api, user, make_line):
    first, _ = make_line(user, 2)
    model = first.model
    url = f"/api/v1/models/{model.pk}/"
    began = AliasChange.objects.get(model=model).created_at
    set_alias(user=user, model=model, alias="nightly", number=2, reason="")
    api.put(f"{url}aliases/champion/", {"version": 2})
    promoted = AliasChange.objects.filter(model=model).latest("number").created_at
    api.patch(url, {"archived": True})
    api.patch(url, {"archived": True})
    archived = AliasChange.objects.filter(model=model).latest("number").created_at
    api.patch(url, {"archived": False})
    back = AliasChange.objects.filter(model=model).latest("number")
    assert (back.number, back.kind) == (5, "taken_back")

    def at(time) -> dict:
        answer = api.get(f"{url}history/", {"at": time.isoformat()})
        assert answer.status_code == 200, answer.json()
        return answer.json()

    before = at(began - timedelta(microseconds=1))
    assert (before["live"], before["results"]) == (None, [])
    assert "the model's history begins at" in before["detail"]
    assert at(began)["live"] == 1
    there = at(promoted)
    assert (there["live"], there["next"], there["previous"]) == (2, None, None)
    assert [(each["alias"], each["version"]) for each in there["results"]] == [
        ("champion", 2),
        ("nightly", 2),
    ]
    assert "Version 2 was live, since" in there["detail"]
    out = at(archived)
    assert (out["live"], "was archived" in out["detail"]) == (None, True)
    assert at(back.created_at)["live"] == 2

    for asked, code in (
        ("2026-05-03T12:00", "no_time_zone"),
        ((timezone.now() + timedelta(days=1)).isoformat(), "in_the_future"),
        ("3 May", "invalid"),
    ):
        refused = api.get(f"{url}history/", {"at": asked})
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["code"] == code
    none_yet = RegisteredModel.objects.create(organization=model.organization, name="Empty")
    assert "has no entry yet" in moment_of(none_yet, timezone.now()).sentence


def test_numbers_and_times_say_the_same_order_where_a_clock_is_set_back(user, make_line):
    [version] = make_line(user, 1)
    tomorrow = timezone.now() + timedelta(days=1)
    with transaction.atomic():
        AliasChange.objects.create(
            model=version.model, number=2, alias="x", version_number=1, created_at=tomorrow
        )
        later = add_change(model=version.model, kind="removed", user=user, alias="x")
    assert (later.number, later.created_at) == (3, tomorrow)


def test_the_database_lets_nothing_be_rewritten(user, make_line):
    [version] = make_line(user, 1)
    rows = AliasChange.objects.filter(model=version.model)
    table = AliasChange._meta.db_table

    def truncate() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {table} CASCADE")

    for refused in (lambda: rows.update(reason="other"), rows.delete, truncate):
        with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
            refused()


@pytest.mark.django_db(transaction=True)
def test_twenty_promotions_at_once_and_rollbacks_among_them_make_one_history(make_line):
    user = factories.make_user()
    versions = make_line(user, 21)
    model = versions[0].model
    done: list[str] = []

    def at_once(work, count: int) -> None:
        def one(number: int) -> None:
            try:
                work(number)
                done.append("moved")
            except Conflict as refused:
                done.append(refused.code)
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=[number]) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def promote(number: int) -> None:
        person = User.objects.get(pk=user.pk)
        line = RegisteredModel.objects.get(pk=model.pk)
        set_alias(user=person, model=line, alias="champion", number=number + 2, reason="at once")

    def either(number: int) -> None:
        person = User.objects.get(pk=user.pk)
        line = RegisteredModel.objects.get(pk=model.pk)
        if number % 2:
            roll_back(user=person, model=line)
        else:
            set_alias(user=person, model=line, alias="champion", number=1 + number, reason="")

    at_once(promote, 20)
    assert done == ["moved"] * 20
    assert _checked_history(model) == 21, "the first version, and twenty promotions"
    done.clear()
    at_once(either, 20)
    assert done.count("moved") == 20, done
    assert _checked_history(model) >= 21 + 10, "a promotion of what is live already is none"


def _checked_history(model) -> int:
    """Assert that the history is a chain without a gap that ends at what is live; its length."""
    changes = list(AliasChange.objects.filter(model=model).order_by("number"))
    assert [each.number for each in changes] == list(range(1, len(changes) + 1))
    times = [each.created_at for each in changes]
    assert times == sorted(times)
    for before, after in pairwise(changes):
        assert after.previous_number == before.version_number
        assert after.version_number != after.previous_number
    live = ModelAlias.objects.get(model=model, alias="champion")
    assert live.version.number == changes[-1].version_number
    return len(changes)


def test_what_answers_now_is_told_without_a_clock(page_client, user, make_line):
    """Another computer's clock may be ahead of this one's."""
    first, second = make_line(user, 2)
    ahead = timezone.now() + timedelta(minutes=1)
    ModelAlias.objects.filter(model=first.model).update(version=second)
    AliasChange.objects.create(
        model=first.model, number=2, alias="champion", version_number=2, previous_number=1,
        created_at=ahead,
    )  # fmt: skip
    page = page_client.get(f"/models/{first.model_id}/").content.decode()
    assert 'name="previous" value="2"' in page
    assert "Roll back to version 1" in page


def test_the_history_of_before_is_taken_over(db):
    """On tables of its own, which hide the real ones: a migration is not undone beside others."""
    fill = import_module("classifier.migrations.0025_whole_history").FILL
    one, other, v1, v2, v3 = (uuid.UUID(int=number) for number in range(1, 6))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE classifier_registeredmodel (id uuid, archived_at timestamptz);"
            "CREATE TEMP TABLE classifier_modelversion (id uuid, number int);"
            "CREATE TEMP TABLE classifier_aliaschange (id uuid, created_at timestamptz,"
            " model_id uuid, kind text DEFAULT 'set', alias text, reason text, version_id uuid,"
            " previous_id uuid, number int, version_number int, previous_number int)"
        )
        cursor.execute(
            "INSERT INTO classifier_registeredmodel VALUES (%s, '2026-05-03 12:00Z'), (%s, NULL);"
            "INSERT INTO classifier_modelversion VALUES (%s, 1), (%s, 2), (%s, 7)",
            [one, other, v1, v2, v3],
        )
        for model, day, version, previous in (
            (one, 2, v2, v1), (one, 1, v1, None), (other, 1, v3, None), (one, 9, v1, v2)
        ):  # fmt: skip
            cursor.execute(
                "INSERT INTO classifier_aliaschange"
                " (id, created_at, model_id, alias, reason, version_id, previous_id)"
                " VALUES (gen_random_uuid(), %s, %s, 'champion', '', %s, %s)",
                [f"2026-05-0{day} 10:00Z", model, version, previous],
            )
        cursor.execute(fill)
        cursor.execute(
            "SELECT number, kind, version_number, previous_number FROM classifier_aliaschange"
            " ORDER BY model_id, number"
        )
        assert cursor.fetchall() == [
            (1, "set", 1, None),
            (2, "set", 2, 1),
            (3, "archived", None, None),
            (4, "set", 1, 2),
            (1, "set", 7, None),
        ]
        cursor.execute(
            "DROP TABLE pg_temp.classifier_aliaschange, pg_temp.classifier_modelversion,"
            " pg_temp.classifier_registeredmodel"
        )
