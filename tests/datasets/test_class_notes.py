"""The note of a class: set on its page and by the API, and whose it is after a renaming."""

from importlib import import_module

import pytest
from django.db import connection

from accounts.models import AuditEntry
from accounts.roles import Role
from common.errors import Forbidden, Invalid
from datasets.models import ClassLabel
from datasets.selectors.classes import ClassNote, notes_of
from datasets.services.labelling.class_note import set_class_note
from datasets.services.labelling.classes import create_class, rename_class
from datasets.services.labelling.remove_class import delete_class
from datasets.services.labelling.undo_edit import undo_edit
from datasets.services.versions.freeze import freeze
from tests import factories

pytestmark = pytest.mark.django_db
NOTE = ClassNote("Feeds on mice.", "https://example.com/cats")


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user)
    for name in ("cat", "dog"):
        factories.make_images(dataset, name, 10)
    return dataset


@pytest.fixture
def cat(dataset, user):
    label = ClassLabel.objects.get(dataset=dataset, name="cat")
    return set_class_note(user=user, label=label, **vars(NOTE))


def test_a_note_follows_its_class_under_the_names_of_versions(user, dataset, cat):
    version = freeze(user=user, dataset=dataset)
    assert notes_of(version) == {"cat": NOTE}
    rename_class(user=user, label=cat, name="tomcat")
    other = create_class(user=user, dataset=dataset, name="cat")
    set_class_note(user=user, label=other, description="Another kind of cat.")
    # The version's cat is the tomcat of today.
    assert notes_of(version) == {"cat": NOTE}
    assert notes_of(freeze(user=user, dataset=dataset)) == {"tomcat": NOTE}
    edit = delete_class(user=user, label=ClassLabel.objects.get(pk=cat.pk))
    assert notes_of(version) == {}
    undo_edit(user=user, edit=edit)
    assert notes_of(version) == {"cat": NOTE}


def test_versions_of_before_are_told_by_the_names_of_today(user, dataset, cat):
    version = freeze(user=user, dataset=dataset)
    rename_class(user=user, label=ClassLabel.objects.get(name="dog"), name="hound")
    fill = import_module("datasets.migrations.0024_class_notes").BY_NAME
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(fill)
    version.refresh_from_db()
    assert version.class_ids == [str(cat.pk), None]
    assert notes_of(version) == {"cat": NOTE}
    version.class_ids = None
    assert notes_of(version) == {}


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "data:text/html,x", "ftp://example.com/", "//example.com", "cats",
     "https://", "https://bank.example@evil.example/", "https://ex ample.com/",
     "https://example.com/" + "a" * 500, "https://example.com:99999/", "https://xn--a.com/",
     "https://example.com/\u202egnp.exe", "https://example.com/\u200b"],
)  # fmt: skip
def test_a_link_is_an_http_address_or_refused(user, cat, link):
    with pytest.raises(Invalid) as refused:
        set_class_note(user=user, label=cat, link=link)
    assert refused.value.errors[0].pointer == "/link"
    assert ClassLabel.objects.get(pk=cat.pk).link == NOTE.link


@pytest.mark.parametrize(
    "link",
    ["https://example.com?mail=a@b.de", "http://münchen.de/zoo", "https://example.com:8443/a#b",
     "https://example.com/@user"],
)  # fmt: skip
def test_other_links_are_kept_as_they_are(user, cat, link):
    assert set_class_note(user=user, label=cat, link=f" {link} ").link == link


def test_the_api_sets_a_note_and_says_it_everywhere(user, dataset, cat, api):
    path = f"/api/v1/classes/{cat.pk}/"
    body = api.patch(path, {"description": " Two\r\nlines 👩‍🌾 ", "link": ""}, "json").json()
    assert (body["name"], body["description"], body["link"]) == ("cat", "Two\nlines 👩‍🌾", "")
    assert api.get(path).json()["description"] == "Two\nlines 👩‍🌾"
    listed = api.get(f"/api/v1/datasets/{dataset.pk}/classes/").json()["results"]
    assert [each["description"] for each in listed] == ["Two\nlines 👩‍🌾", ""]
    both = api.patch(path, {"name": "tomcat", "link": "javascript:alert(1)"}, "json")
    assert (both.status_code, both.json()["errors"][0]["pointer"]) == (400, "/link")
    assert ClassLabel.objects.get(pk=cat.pk).name == "cat"
    for wrong in ({}, {"description": "a" * 1001}, {"description": "a\u202eb"}, {"note": "x"}):
        assert api.patch(path, wrong, "json").status_code == 400, wrong
    entry = AuditEntry.objects.filter(action="class.note").latest("created_at")
    assert entry.detail["before"] == {"description": NOTE.description, "link": NOTE.link}
    assert entry.detail["after"] == {"description": "Two\nlines 👩‍🌾", "link": ""}


def test_the_page_shows_a_note_escaped_and_viewers_cannot_edit_it(user, dataset, cat, page_client):
    path = f"/datasets/classes/{cat.pk}/"
    bad = page_client.post(f"{path}note/", {"description": "x", "link": "javascript:alert(1)"})
    assert bad.status_code == 422
    assert "A link is an http or https address" in bad.content.decode()
    said = {"description": "<b>mice</b>", "link": "https://example.com/?a=1&b=2"}
    assert page_client.post(f"{path}note/", said, follow=True).status_code == 200
    listed = page_client.get(f"/datasets/{dataset.pk}/classes/").content.decode()
    assert "&lt;b&gt;mice&lt;/b&gt;" in listed
    assert "<b>mice" not in listed
    viewer = factories.make_member(dataset.organization, Role.VIEWER)
    with pytest.raises(Forbidden):
        set_class_note(user=viewer, label=cat, description="mine")
    factories.sign_in(page_client, viewer)
    seen = page_client.get(path).content.decode()
    assert "&lt;b&gt;mice&lt;/b&gt;" in seen
    assert 'href="https://example.com/?a=1&amp;b=2" rel="noopener noreferrer nofollow"' in seen
    assert "<textarea" not in seen
