"""Images in the review queue: what is chosen, who gets what, answers and what becomes of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from accounts.roles import Role
from classifier.models import ReviewItem, ReviewStatus
from classifier.review.services.answer import answer_item, skip_item, undo_answer
from classifier.review.services.claim import claim, release
from classifier.review.services.tidy import forget_items, sweep_items
from common.errors import Conflict, Forbidden, Invalid
from datasets.models import (
    Annotation,
    FindingKind,
    Image,
    QualityItem,
    QualityMember,
    QualityReport,
)
from datasets.services.labelling.annotate import annotate
from datasets.services.trash import trash_image
from tests import factories
from tests.classifier.review.queued import items_of, labelled_and_not, queue, suggest

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dataset(user):
    return factories.make_dataset(user=user, name="Pets")


def taken(user, dataset, count=5, order="uncertainty", **more):
    items = ReviewItem.objects.filter(dataset=dataset)
    return claim(
        user=user,
        organization=dataset.organization,
        items=items,
        order=order,
        count=count,
        **more,
    )


def test_the_most_uncertain_come_first_and_nothing_is_queued_twice(user, dataset):
    images = labelled_and_not(dataset)
    suggest(dataset, images[:3], [0.9, 0.5, 0.7], [6.0, 0.0, 2.0])
    selection = queue(dataset)
    assert selection.counts == {"queued": 4, "known": 0, "full": 0, "gone": 0, "without_answer": 1}
    assert selection.job.result["queued"] == 4
    items = items_of(dataset)
    # A toss-up, and one of which nothing is known; then by the lead over the temperature.
    assert {item.image_id for item in items[:2]} == {images[1].pk, images[3].pk}
    assert [item.image_id for item in items[2:]] == [images[2].pk, images[0].pk]
    assert items[2].uncertainty == pytest.approx(2 / (1 + np.exp(1.0)), abs=1e-3)
    assert items[2].suggested == [
        {"class_name": "cat", "probability": pytest.approx(0.7, abs=1e-3)}
    ]
    again = queue(dataset)
    assert again.counts == {"queued": 0, "known": 4, "full": 0, "gone": 0, "without_answer": 0}


def test_diversity_goes_from_what_is_labelled_to_what_is_least_like_it(user, dataset):
    from tests.classifier.instant.made import add_images

    labelled_and_not(dataset, unlabelled=3)
    other = add_images(dataset, "zebra", 2, labelled=False, start=90)
    selection = queue(dataset)
    assert (selection.ranked, selection.vectors) == (5, "MobileNetV2")
    first = ReviewItem.objects.filter(dataset=dataset).order_by("rank")
    assert first[0].image_id in {each.pk for each in other}
    assert sorted(first.values_list("rank", flat=True)) == [0, 1, 2, 3, 4]
    taken_first = taken(user, dataset, 1, order="diversity")
    assert [item.pk for item in taken_first] == [first[0].pk]


def test_an_answer_labels_the_image_by_review_and_undo_takes_it_back(user, dataset):
    images = labelled_and_not(dataset, unlabelled=1)
    queue(dataset)
    [item] = taken(user, dataset)
    answer_item(user=user, item=item, class_name="Owl")
    image = Image.objects.get(pk=images[0].pk)
    assert (image.class_label.name, image.labelled_by) == ("Owl", user)
    note = Annotation.objects.get(image=image)
    assert (note.source, note.class_name, note.created_by) == ("review", "Owl", user)
    assert taken(user, dataset) == []
    with pytest.raises(Conflict, match="has answered this: Owl"):
        answer_item(user=user, item=item, class_name="cat")
    undo_answer(user=user, item=item)
    image.refresh_from_db()
    assert image.class_label is None
    assert [each.pk for each in taken(user, dataset)] == [item.pk]


def test_undo_leaves_what_another_person_has_changed_since(user, dataset):
    images = labelled_and_not(dataset, unlabelled=1)
    queue(dataset)
    [item] = taken(user, dataset)
    answer_item(user=user, item=item, class_name="cat")
    other = factories.make_member(dataset.organization, Role.EDITOR)
    with pytest.raises(Conflict, match="Another person answered"):
        undo_answer(user=other, item=item)
    annotate(user=other, dataset=dataset, class_names={images[0].pk: "dog"})
    with pytest.raises(Conflict) as caught:
        undo_answer(user=user, item=item)
    assert caught.value.code == "changed_meanwhile"
    item.refresh_from_db()
    assert item.status == ReviewStatus.ANSWERED


def test_what_was_labelled_or_put_away_elsewhere_is_asked_no_more(user, dataset):
    images = labelled_and_not(dataset)
    queue(dataset)
    annotate(user=user, dataset=dataset, class_names={images[0].pk: "cat"})
    trash_image(user=user, image=images[1])
    assert {item.image_id for item in taken(user, dataset)} == {images[2].pk, images[3].pk}
    held = ReviewItem.objects.get(image=images[0])
    with pytest.raises(Conflict) as caught:
        answer_item(user=user, item=held, class_name="dog")
    assert caught.value.code == "changed_meanwhile"
    assert queue(dataset).counts["known"] == 2
    assert not ReviewItem.objects.filter(image=images[0]).exists()


def test_doubted_labels_are_corrected_or_kept(user, dataset):
    labelled_and_not(dataset, unlabelled=1)
    first, second = Image.objects.filter(class_label__name="cat").order_by("name")
    labels = {label.name: label for label in dataset.classes.all()}
    report, _ = QualityReport.objects.get_or_create(dataset=dataset)
    for rank, (image, score) in enumerate([(first, 0.8), (second, 0.3)]):
        finding = QualityItem.objects.create(
            report=report, kind=FindingKind.LABEL_ERROR, rank=rank, score=score, fact=f"f{rank}",
            given_class=labels["cat"], suggested_class=labels["dog"],
        )  # fmt: skip
        QualityMember.objects.create(item=finding, image=image, position=0)
    queue(dataset, "label_errors")
    wrong, right = taken(user, dataset)
    assert (wrong.image_id, wrong.uncertainty, wrong.given_class) == (first.pk, 0.8, labels["cat"])
    assert wrong.suggested == [{"class_name": "dog", "probability": None}]
    answer_item(user=user, item=wrong, class_name="dog")
    answer_item(user=user, item=right, class_name="cat")
    first.refresh_from_db()
    assert first.class_label == labels["dog"]
    assert QualityItem.objects.get(fact="f1").dismissed_by == user
    assert taken(user, dataset) == []
    undo_answer(user=user, item=right)
    assert QualityItem.objects.get(fact="f1").dismissed_at is None


def test_what_is_forgotten_or_purged_leaves_nothing_in_the_queue(user, dataset):
    images = labelled_and_not(dataset, unlabelled=3)
    queue(dataset)
    assert forget_items([images[0].pk]) == 1
    Image.objects.filter(pk=images[1].pk).update(purged_at=timezone.now())
    sweep_items()
    assert [item.image for item in ReviewItem.objects.all()] == [images[2]]
    images[2].delete()
    assert not ReviewItem.objects.exists()


def test_eight_people_at_once_never_get_the_same_item(user, dataset):
    labelled_and_not(dataset, unlabelled=24)
    queue(dataset)
    people = [factories.make_member(dataset.organization, Role.EDITOR) for _ in range(8)]
    at_once = Barrier(8)

    def work(person):
        seen = []
        at_once.wait()
        try:
            while items := taken(person, dataset, 3):
                for item in items:
                    answer_item(user=person, item=item, class_name="cat")
                    seen.append(item.pk)
            return seen
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answered = [pk for part in pool.map(work, people) for pk in part]
    assert len(answered) == len(set(answered)) == 24
    assert Annotation.objects.filter(image__dataset=dataset).count() == 24


def test_a_claim_keeps_others_away_until_it_ends(user, dataset):
    labelled_and_not(dataset, unlabelled=2)
    queue(dataset)
    other = factories.make_member(dataset.organization, Role.EDITOR)
    mine = taken(user, dataset, 1)
    assert [item.pk for item in taken(user, dataset, 1)] == [mine[0].pk]
    theirs = taken(other, dataset)
    assert {item.pk for item in theirs}.isdisjoint({mine[0].pk})
    with pytest.raises(Conflict) as caught:
        answer_item(user=other, item=mine[0], class_name="cat")
    assert caught.value.code == "claimed"
    ReviewItem.objects.filter(pk=mine[0].pk).update(
        claimed_until=timezone.now() - timedelta(seconds=1)
    )
    assert {item.pk for item in taken(other, dataset)} == {theirs[0].pk, mine[0].pk}
    assert release(user=other, organization=dataset.organization) == 2
    assert len(taken(user, dataset)) == 2


def test_skipped_items_go_to_others(user, dataset):
    labelled_and_not(dataset, unlabelled=1)
    queue(dataset)
    [item] = taken(user, dataset)
    skip_item(user=user, item=item)
    assert taken(user, dataset) == []
    assert [each.pk for each in taken(user, dataset, skipped=True)] == [item.pk]
    release(user=user, organization=dataset.organization, only=[item.pk])
    other = factories.make_member(dataset.organization, Role.EDITOR)
    assert [each.pk for each in taken(other, dataset)] == [item.pk]
    release(user=other, organization=dataset.organization)
    undo_answer(user=user, item=item)
    assert [each.pk for each in taken(user, dataset)] == [item.pk]


def test_viewers_answer_nothing_and_a_dataset_keeps_its_images(user, dataset):
    labelled_and_not(dataset, unlabelled=1)
    queue(dataset)
    viewer = factories.make_member(dataset.organization, Role.VIEWER)
    with pytest.raises(Forbidden):
        taken(viewer, dataset)
    [item] = items_of(dataset)
    with pytest.raises(Forbidden):
        answer_item(user=viewer, item=item, class_name="cat")
    elsewhere = factories.make_dataset(user=user)
    with pytest.raises(Invalid, match="is labelled there"):
        answer_item(user=user, item=item, class_name="cat", add_to_dataset=elsewhere)
    with pytest.raises(Invalid, match="name of a class"):
        answer_item(user=user, item=item, class_name=" ")


def test_the_api_lists_claims_answers_and_undoes(user, api, dataset):
    images = labelled_and_not(dataset)
    suggest(dataset, images, [0.9, 0.5, 0.7, 0.6], [6.0, 0.0, 2.0, 1.0])
    queue(dataset)
    page = api.get("/api/v1/review-items/?page_size=3").json()
    rows = page["results"] + api.get(page["next"]).json()["results"]
    assert [row["image"] for row in rows] == [str(images[n].pk) for n in (1, 3, 2, 0)]
    assert rows[0]["suggested"] == [{"class_name": "cat", "probability": 0.5}]
    assert api.get("/api/v1/review-items/?order=size").status_code == 400
    assert len(api.get("/api/v1/review-items/?order=diversity").json()["results"]) == 4
    claimed = api.post("/api/v1/review-items/claim/", {"count": 2, "dataset": str(dataset.pk)})
    claimed = claimed.json()
    assert [item["id"] for item in claimed["items"]] == [rows[0]["id"], rows[1]["id"]]
    assert (claimed["open"], claimed["held_by_others"], claimed["skipped"]) == (4, 0, 0)
    url = f"/api/v1/review-items/{rows[0]['id']}/"
    both = api.post(f"{url}answer/", {"class_name": "cat", "skip": True}, format="json")
    assert both.status_code == 400
    answered = api.post(f"{url}answer/", {"class_name": "dog"}, format="json").json()
    assert (answered["status"], answered["class_name"]) == ("answered", "dog")
    assert api.post(f"{url}undo/").json()["status"] == "open"
    assert api.post(f"{url}answer/", {"skip": True}, format="json").json()["status"] == "open"
    assert api.post("/api/v1/review-items/release/", {}).json() == {"released": 1}
