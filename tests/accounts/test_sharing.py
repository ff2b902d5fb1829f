"""What one organization lets another one read: offers, answers, ends, and who is told what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, Membership, Share, ShareKind
from accounts.roles import Role
from accounts.selectors.sharing import acting_organization, may_read, payer, require_copyable
from accounts.services.sharing import accept_share, end_share, offer_share
from accounts.sharing import MOST_DECLINED, MOST_OFFERS_WAITING, MOST_RECEIVERS
from common.errors import Conflict, Forbidden, Invalid, NotFound
from datasets.models import Dataset, Image, Import
from tests import factories


@pytest.fixture
def sides(db):
    """An owner with a dataset of two images, and the owner of another organization."""
    owner, reader = factories.make_user(), factories.make_user()
    dataset = factories.make_dataset(user=owner)
    factories.make_images(dataset, "cat", 2)
    return owner, reader, dataset


def _shared(owner, reader, dataset, **options) -> Share:
    slug = reader.personal_organization.slug
    offer = offer_share(user=owner, subject=dataset.subject, receiver=slug, **options)
    return accept_share(user=reader, share=offer)


def test_an_offer_says_the_same_of_slugs_that_are_not_there(sides, client):
    owner, reader, dataset = sides
    factories.sign_in(client, owner)
    address = f"/api/v1/datasets/{dataset.pk}/shares/"
    answers = [
        client.post(address, {"receiver": slug}, content_type="application/json")
        for slug in (reader.personal_organization.slug, "no-such-organization")
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    real, other = (answer.json() for answer in answers)
    varying = {"id", "receiver", "created_at", "expires_at"}
    assert {k: v for k, v in real.items() if k not in varying} == {
        k: v for k, v in other.items() if k not in varying
    }
    # Who takes that slug later gets nothing by it.
    assert Share.objects.get(pk=other["id"]).receiver is None
    with pytest.raises(Forbidden):
        accept_share(user=reader, share=Share.objects.get(pk=other["id"]))


def test_nothing_opens_before_an_admin_there_accepts(sides):
    owner, reader, dataset = sides
    slug = reader.personal_organization.slug
    offer = offer_share(user=owner, subject=dataset.subject, receiver=slug)
    assert not Dataset.objects.for_reader(reader).exists()
    viewer = factories.make_member(reader.personal_organization, Role.VIEWER)
    for wrong in (owner, viewer):
        with pytest.raises(Forbidden):
            accept_share(user=wrong, share=offer)
    accept_share(user=reader, share=offer)
    assert [row.is_shared for row in Dataset.objects.for_reader(viewer)] == [True]
    assert Image.objects.for_reader(viewer).count() == 2
    # Default deny: what no queryset opens stays closed, and so does all that writes ask for.
    assert not Import.objects.for_reader(viewer).filter(dataset=dataset).exists()
    assert not Dataset.objects.for_user(reader).exists()
    with pytest.raises(Forbidden, match="shares it with you to read"):
        Dataset.objects.for_user(reader).get_visible(dataset.pk)
    end_share(user=reader, share=offer)
    assert not Dataset.objects.for_reader(viewer).exists()
    with pytest.raises(NotFound):
        Dataset.objects.for_reader(viewer).get_visible(dataset.pk)


def test_only_the_owner_shares(sides, client):
    owner, reader, dataset = sides
    _shared(owner, reader, dataset, may_copy=True)
    factories.sign_in(client, reader)
    address = f"/api/v1/datasets/{dataset.pk}/shares/"
    body = {"receiver": "third"}
    answer = client.post(address, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "shared_read_only")
    # Nor is a reader told who else reads it.
    assert client.get(address).status_code == 403
    editor = factories.make_member(owner.personal_organization, Role.EDITOR)
    with pytest.raises(Forbidden, match="role admin"):
        offer_share(user=editor, subject=dataset.subject, receiver="third")


def test_limits(sides):
    owner, reader, dataset = sides
    _shared(owner, reader, dataset)
    slug = reader.personal_organization.slug
    with pytest.raises(Conflict, match="already") as refused:
        offer_share(user=owner, subject=dataset.subject, receiver=slug.upper())
    assert refused.value.code == "shared_already"
    with pytest.raises(Invalid, match="belongs to"):
        offer_share(user=owner, subject=dataset.subject, receiver=owner.personal_organization.slug)

    def add(count, subject, **fields):
        later = timezone.now() + timedelta(days=1)
        Share.objects.bulk_create(
            Share(
                organization=owner.personal_organization,
                receiver_slug=f"s{number}",
                kind=ShareKind.DATASET,
                subject=subject,
                name="x",
                **{"expires_at": later, **fields},
            )
            for number in range(count)
        )

    add(MOST_RECEIVERS - 1, dataset.pk, accepted_at=timezone.now())
    with pytest.raises(Conflict, match=f"with {MOST_RECEIVERS} organizations") as refused:
        offer_share(user=owner, subject=dataset.subject, receiver="one-more")
    assert refused.value.code == "too_many_shares"
    other = factories.make_dataset(user=owner)
    # Offers whose time is over wait no longer.
    add(MOST_OFFERS_WAITING, other.pk, expires_at=timezone.now())
    third = factories.make_dataset(user=owner)
    offer_share(user=owner, subject=third.subject, receiver="one")
    add(MOST_OFFERS_WAITING - 1, factories.make_dataset(user=owner).pk)
    with pytest.raises(Conflict, match="wait for an answer"):
        offer_share(user=owner, subject=third.subject, receiver="two")


def test_what_was_declined_is_not_offered_again_for_a_while(sides):
    owner, reader, dataset = sides
    slug = reader.personal_organization.slug
    for number in range(MOST_DECLINED):
        offered = dataset if number == 0 else factories.make_dataset(user=owner)
        share = offer_share(user=owner, subject=offered.subject, receiver=slug)
        end_share(user=reader, share=share)
        assert not Share.objects.current().exists()
        assert AuditEntry.objects.filter(action="share.decline").count() == 2 * (number + 1)
        with pytest.raises(NotFound):
            accept_share(user=reader, share=share)
        with pytest.raises(Conflict, match=f"has declined {offered.name}") as refused:
            offer_share(user=owner, subject=offered.subject, receiver=slug)
        assert refused.value.code == "declined"
    other = factories.make_dataset(user=owner)
    with pytest.raises(Conflict, match=f"has declined {MOST_DECLINED} offers"):
        offer_share(user=owner, subject=other.subject, receiver=slug)
    # Others may offer, and this one may offer to others.
    offer_share(user=owner, subject=dataset.subject, receiver="another")
    third = factories.make_user()
    offer_share(user=third, subject=factories.make_dataset(user=third).subject, receiver=slug)
    Share.objects.filter(declined_at__isnull=False).update(expires_at=timezone.now())
    assert offer_share(user=owner, subject=dataset.subject, receiver=slug).receiver is not None


def test_an_offer_that_its_owner_withdraws_may_be_repeated(sides):
    owner, reader, dataset = sides
    slug = reader.personal_organization.slug
    for _ in range(MOST_DECLINED + 1):
        end_share(user=owner, share=offer_share(user=owner, subject=dataset.subject, receiver=slug))
    assert not Share.objects.exists()


def test_both_audit_logs_hold_it_and_no_name_of_the_other_side(sides):
    owner, reader, dataset = sides
    share = _shared(owner, reader, dataset)
    end_share(user=owner, share=share)
    entries = AuditEntry.objects.filter(action__startswith="share.").order_by("created_at")
    said = {
        organization: [
            (entry.action, entry.actor_name) for entry in entries.filter(organization=organization)
        ]
        for organization in (owner.personal_organization, reader.personal_organization)
    }
    assert said[owner.personal_organization] == [
        ("share.offer", owner.username),
        ("share.accept", "system"),
        ("share.end", owner.username),
    ]
    # An offer alone fills no one's log.
    assert said[reader.personal_organization] == [
        ("share.accept", reader.username),
        ("share.end", "system"),
    ]


def test_whose_work_it_is_and_who_pays(sides):
    owner, reader, dataset = sides
    _shared(owner, reader, dataset)
    theirs = reader.personal_organization
    assert payer(reader, dataset.subject) == theirs
    assert acting_organization(reader, [dataset.subject]) == theirs
    viewer = factories.make_member(theirs, Role.VIEWER)
    assert payer(viewer, dataset.subject) == theirs
    with pytest.raises(Forbidden, match="role editor"):
        acting_organization(viewer, [dataset.subject])
    # A user in both: what is their own goes before what is shared.
    both = factories.make_member(theirs, Role.EDITOR)
    home = owner.personal_organization
    Membership.objects.create(organization=home, user=both, role=Role.VIEWER)
    assert payer(both, dataset.subject) == home
    assert acting_organization(both, [dataset.subject]) == theirs
    Membership.objects.filter(organization=home, user=both).update(role=Role.EDITOR)
    assert acting_organization(both, [dataset.subject]) == home
    assert [row.is_shared for row in Dataset.objects.for_reader(both)] == [False]


def test_copies_need_leave_or_the_role_editor_on_both_sides(sides):
    owner, reader, dataset = sides
    theirs = reader.personal_organization
    share = _shared(owner, reader, dataset)
    with pytest.raises(Forbidden, match="to read, not to copy"):
        require_copyable(reader, dataset.subject, theirs)
    end_share(user=reader, share=share)
    _shared(owner, reader, dataset, may_copy=True)
    require_copyable(reader, dataset.subject, theirs)
    with pytest.raises(NotFound):
        require_copyable(reader, dataset.subject, owner.personal_organization)
    third = factories.make_user()
    Membership.objects.create(
        organization=owner.personal_organization, user=third, role=Role.VIEWER
    )
    with pytest.raises(Forbidden, match="role editor"):
        require_copyable(third, dataset.subject, third.personal_organization)
    assert may_read(theirs, dataset.subject, to_copy=True)
