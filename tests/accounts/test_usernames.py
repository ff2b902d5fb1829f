from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.look_alikes import skeleton
from accounts.models import User
from accounts.services.sign_up import create_account
from accounts.usernames import check_username
from common.errors import Invalid
from common.names import require_readable
from tests.accounts.credentials import FORM

DECEIVING = {
    "\u0430dmin": "cyrillic",  # а
    "\u0251dmin": "looks like 'a'",  # ɑ
    "\u0430\u0441\u0435": "looks like 'a'",  # асе, no Latin letter in it
    "\u03b5mma": "mixes Greek and Latin",  # ε
    "..": "letters and digits",
    "-": "letters and digits",
    "a b": "letters and digits",
    "a\u202eb": "right-to-left override",
    "a\u200bb": "zero width space",
    "a\x00b": "U\\+0000",
    "boss@example.com": "no mail address",
}


@pytest.mark.parametrize(("name", "why"), DECEIVING.items())
def test_names_that_deceive_are_refused_at_every_door(client, db, name, why):
    with pytest.raises(Invalid, match=f"(?i){why}"):
        create_account(username=name, email="mira@example.com", password=None)
    assert client.post(reverse("account_signup"), FORM | {"username": name}).status_code == 200
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "mira",
        "José",
        "Юля",
        "王小明",
        "田中さくら",
        "Ηλίας",
        "محمد",
        "김철수",
        "søren",
        "a.b-c_d+e",
    ],
)
def test_names_of_one_alphabet_are_taken(name):
    assert check_username(name) == name


def test_one_form_of_a_name_is_kept(db):
    assert create_account(username="\uff4dira", email="", password=None).username == "mira"
    own = create_account(username="a@example.com", email="A@example.com", password=None)
    assert own.username == "a@example.com"


def test_operators_make_no_such_names_and_may_keep_old_ones(client, db):
    create_account(username="root", email="", password=None, is_staff=True, is_superuser=True)
    client.force_login(User.objects.get())
    new = {"password1": "a hive of 9 bees", "password2": "a hive of 9 bees"}
    form = {**new, "username": "\u0430dmin", "usable_password": "true"}
    assert client.post(reverse("admin:accounts_user_add"), form).status_code == 200
    old = User.objects.create(username="old@example.com")
    page = reverse("admin:accounts_user_change", args=[old.pk])
    names = {"first_name": "Mira", "last_name": "", "email": "", "is_active": "on"}
    assert client.post(page, {**names, "username": old.username}).status_code == 302
    assert client.post(page, {**names, "username": "\u0430dmin"}).status_code == 200
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("organizations/", {"name": "a\u202eb"}),
        ("auth/tokens/", {"name": "a\u2066b"}),
        ("auth/device/", {"name": "a\u2066b"}),
        ("datasets/", {"name": "a\u200bb"}),
    ],
)
def test_names_of_things_hold_what_a_reader_sees(api, address, body):
    answer = api.post(f"/api/v1/{address}", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/name"
    assert answer.json()["errors"][0]["code"] == "unseen_character"


ALIKE = [
    ("mira", "rnira"),
    ("Alice", "A1ice"),
    ("bob", "B0B"),
    ("\u30cb\u30b3", "\u4e8c\u30b3"),  # ニコ in katakana, 二コ with the numeral two
    ("\u05d5\u05d3", "\u05df\u05d3"),  # Hebrew vav and final nun
]


@pytest.mark.parametrize(("taken", "like"), ALIKE)
def test_a_name_that_looks_like_another_is_refused_at_every_door(client, db, taken, like):
    """Also within one alphabet; the name itself, in another case, is simply taken."""
    first = create_account(username=taken, email="", password=None)
    with pytest.raises(Invalid, match="looks like a name that is taken"):
        create_account(username=like, email="", password=None)
    page = client.post(reverse("account_signup"), FORM | {"username": like})
    assert "looks like a name that is taken" in page.content.decode()
    with pytest.raises(IntegrityError, match="looks_like_no_other"), transaction.atomic():
        User.objects.create(username=like)
    assert User.objects.get() == first


def test_an_operator_gives_no_look_alike_and_may_keep_one(client, db):
    root = create_account(
        username="root", email="", password=None, is_staff=True, is_superuser=True
    )
    create_account(username="mira", email="", password=None)
    old = create_account(username="someone", email="", password=None)
    User.objects.filter(pk=old.pk).update(username="rnira", skeleton=None)
    client.force_login(root)
    page = reverse("admin:accounts_user_change", args=[old.pk])
    form = {"first_name": "", "last_name": "", "email": "", "is_active": "on"}
    assert client.post(page, {**form, "username": "rnira"}).status_code == 302
    refused = client.post(page, {**form, "username": "m1ra", "first_name": "M"})
    assert refused.status_code == 302, "i and 1 are told apart"
    refused = client.post(page, {**form, "username": "rnira"})
    assert "looks like a name that is taken" in refused.content.decode()
    assert client.post(page, {**form, "username": "Lena"}).status_code == 302
    with pytest.raises(Invalid):
        create_account(username="1ena", email="", password=None)


def test_names_that_were_there_before_stay(db):
    names = ["mira", "rnira", "lena", "Юля"]
    for name in names:
        User.objects.create(username=name, skeleton=None)
        User.objects.filter(username=name).update(skeleton=None)
    migration = import_module("accounts.migrations.0009_look_alikes")
    migration.fill(apps, None)
    kept = dict(User.objects.values_list("username", "skeleton"))
    assert kept == {"mira": skeleton("mira"), "rnira": None, "lena": "lena", "Юля": skeleton("Юля")}


def test_joiners_of_words_and_emoji_are_seen():
    for name in ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f469\u200d\U0001f52c"):
        assert require_readable(name) == name
