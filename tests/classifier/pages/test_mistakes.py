"""The mistakes page: what it shows, and what can be decided on it."""

import json

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import Role
from classifier.models import TrainingRun
from datasets.models import ClassLabel, Dataset, DatasetVersion, FindingKind, Image, QualityItem
from datasets.selectors.quality import open_count
from datasets.services.labelling.remove_class import merge_class
from datasets.services.quality.store_quality import Found, NewItem, about_label, store_found
from datasets.services.vectors.store_vectors import store_vectors
from tests import factories
from tests.classifier.evaluation.answered import make_answered

WRONG = [("cat", "dog", 0.7), ("cat", "dog", 0.95), ("cat", "fox", 0.5)]


@pytest.fixture
def report(user):
    """Three mistakes about cats."""
    return make_answered(user, wrong=WRONG)


def url_of(report, rest=""):
    return f"/evaluations/{report.pk}/mistakes/{rest}"


def shown(client, report, query="") -> str:
    answer = client.get(url_of(report, query))
    assert answer.status_code == 200
    return answer.content.decode()


def first_image(client, report):
    """The image of the most confident mistake."""
    page = shown(client, report)
    return Image.objects.get(pk=page.split('id="image-', 1)[1][:36])


def decide(client, report, image, decision, **more):
    return client.post(
        url_of(report, f"{image.pk}/"),
        {"decision": decision, **more},
        headers={"HX-Request": "true"},
    )


def undo(client, answer):
    url = json.loads(answer["HX-Trigger"])["loupe:toast"]["undo_url"]
    assert client.post(url, content_type="application/json").status_code < 300


def test_every_view_has_an_address(page_client, report):
    page = shown(page_client, report)
    assert page.count("data-mistake ") == 3
    assert page.index("95.0 %") < page.index("70.0 %") < page.index("50.0 %")
    assert "3 of 12 answers" in page
    cell = shown(page_client, report, "?true=cat&predicted=fox")
    assert "cat taken for fox" in cell
    assert cell.count("data-mistake ") == 1
    least = shown(page_client, report, "?order=confidence")
    assert least.count("data-mistake ") == 12
    # Of right answers the least certain are the ones to look at.
    right = shown(page_client, report, "?true=dog&predicted=dog")
    assert "dog, rightly told" in right
    assert '<option value="confidence" selected>' in right
    assert "No such answers" in shown(page_client, report, "?true=dog&predicted=fox")
    # A class on one side alone means its mistakes.
    assert shown(page_client, report, "?true=cat").count("data-mistake ") == 3
    assert "Answered dog" in shown(page_client, report, "?predicted=dog&correct=&order=-confidence")
    for query in ("?true=wolf", "?correct=False", "?order=name", "?page=0", "?page=last"):
        assert page_client.get(url_of(report, query)).status_code == 400
    # What an address does not know is refused by name, as the API does it.
    odd = page_client.get(url_of(report, "?true=cat&predicte=fox"))
    assert odd.status_code == 400
    assert "Unknown query parameter predicte. Allowed here: predicted" in odd.content.decode()
    assert page_client.get(f"/evaluations/{report.pk}/pairs/?sort=x").status_code == 400
    pairs = page_client.get(f"/evaluations/{report.pk}/pairs/").content.decode()
    assert pairs.index("?true=cat&amp;predicted=dog") < pairs.index("?true=cat&amp;predicted=fox")


def test_the_confusion_matrix_opens_its_images(page_client, report):
    page = page_client.get(f"/evaluations/{report.pk}/").content.decode()
    assert f'"cell_url": "/evaluations/{report.pk}/mistakes/?true={{true}}' in page


def test_a_relabelling_is_seen_and_undone(page_client, report):
    image = first_image(page_client, report)
    answer = decide(page_client, report, image, "predicted")
    assert "now dog" in answer.content.decode()
    image.refresh_from_db()
    assert image.class_label.name == "dog"
    page = shown(page_client, report)
    assert "now dog" in page
    assert "Since version 1: 1 relabelled" in " ".join(page.split())
    # The report is about the frozen version: it counts the image as a cat still.
    assert "3 of 12 answers" in page
    undo(page_client, answer)
    image.refresh_from_db()
    assert image.class_label.name == "cat"
    state = page_client.get(url_of(report, f"{image.pk}/")).content.decode()
    assert "now dog" not in state
    decide(page_client, report, image, "other", class_name="fox")
    answer = decide(page_client, report, image, "frozen")
    assert "Since version 1" not in answer.content.decode()


def test_a_class_that_is_not_known_is_asked_about(page_client, report):
    image = first_image(page_client, report)
    asked = decide(page_client, report, image, "other", class_name="dgo").content.decode()
    assert "There is no class “dgo” in this dataset" in asked
    assert "Make it dog" in asked
    assert "Add the class dgo" in asked
    by_case = decide(page_client, report, image, "other", class_name="Dog").content.decode()
    assert "“dog” differs by case alone" in by_case
    assert "Add the class" not in by_case
    assert decide(page_client, report, image, "new", class_name="Dog").status_code == 400
    assert set(ClassLabel.objects.values_list("name", flat=True)) == {"cat", "dog", "fox"}
    made = decide(page_client, report, image, "new", class_name="wolf")
    assert "now wolf, a new class" in made["HX-Trigger"]
    assert "now wolf" in shown(page_client, report)


def test_what_another_has_labelled_meanwhile_is_not_overwritten(user, page_client, report):
    image, seen_at = first_image(page_client, report), timezone.now().isoformat()
    other = factories.make_user()
    Membership.objects.create(organization=user.personal_organization, user=other, role=Role.EDITOR)
    page_client.force_login(other)
    decide(page_client, report, image, "other", class_name="fox")
    page_client.force_login(user)
    refused = decide(page_client, report, image, "predicted", seen_at=seen_at)
    assert refused.status_code == 409
    assert "labelled 1 of these images since you looked" in refused.json()["detail"]
    image.refresh_from_db()
    assert image.class_label.name == "fox"
    assert decide(page_client, report, image, "predicted", seen_at="soon").status_code == 400
    assert decide(page_client, report, image, "paint").status_code == 400
    assert decide(page_client, report, image, "other", class_name=" ").status_code == 400


def test_an_image_is_left_out_and_taken_in_again(page_client, report):
    image = first_image(page_client, report)
    answer = decide(page_client, report, image, "exclude")
    assert "left out of new versions" in answer.content.decode()
    undo(page_client, answer)
    assert "left out" not in page_client.get(url_of(report, f"{image.pk}/")).content.decode()
    decide(page_client, report, image, "exclude")
    assert "1 left out" in shown(page_client, report)
    decide(page_client, report, image, "include")
    image.refresh_from_db()
    assert image.excluded_at is None


def test_a_label_that_is_right_stays_so_for_later_checks(user, page_client, report):
    dataset = report.dataset_version.dataset
    image = first_image(page_client, report)
    classes = dict(ClassLabel.objects.filter(dataset=dataset).values_list("name", "pk"))
    answer = decide(page_client, report, image, "keep", expected_class_name="cat")
    assert "cat is right" in answer.content.decode()
    item = QualityItem.objects.get(report=dataset.pk)
    assert (item.kind, item.by_person, item.suggested_class.name) == ("label_error", True, "dog")
    # Twice is once, and gives no way to take back what was said before.
    again = decide(page_client, report, image, "keep", expected_class_name="cat")
    assert "undo_url" not in again["HX-Trigger"]
    assert QualityItem.objects.count() == 1

    def check(*suggested):
        found = Found(
            items=[
                NewItem(
                    FindingKind.LABEL_ERROR,
                    about_label(image.pk, classes["cat"], classes[name]), images=[image.pk],
                    score=0.5, given_class=classes["cat"], suggested_class=classes[name],
                )
                for name in suggested
            ],
            facts_at=timezone.now(), images_checked=12, embedding="any", agreement=0.9,
            unchecked=[],
        )  # fmt: skip
        store_found(dataset=dataset, found=found)

    # Whatever a check takes the image for, now or later.
    for suggested in ([], ["dog"], ["fox"], [], ["dog"]):
        check(*suggested)
        item = QualityItem.objects.get(report=dataset.pk)
        assert (item.by_person, item.dismissed_by) == (not suggested, user)
        assert open_count(dataset) == 0
    undo(page_client, answer)
    assert open_count(dataset) == 1
    QualityItem.objects.all().delete()
    decide(page_client, report, image, "keep", expected_class_name="cat")
    decide(page_client, report, image, "reopen")
    assert not QualityItem.objects.exists()
    assert decide(page_client, report, image, "reopen").status_code == 409
    assert decide(page_client, report, image, "keep", expected_class_name="dog").status_code == 409


def test_a_right_answer_is_called_right_too(page_client, report):
    page = shown(page_client, report, "?true=fox&predicted=fox")
    image = Image.objects.get(pk=page.split('id="image-', 1)[1][:36])
    assert "Make it" not in page
    decide(page_client, report, image, "keep", expected_class_name="fox")
    assert QualityItem.objects.get().suggested_class is None


def test_renamed_merged_and_deleted_classes_are_told(user, page_client, report):
    image = first_image(page_client, report)
    decide(page_client, report, image, "keep", expected_class_name="cat")
    Image.objects.filter(pk=image.pk).update(deleted_at=timezone.now())
    page = shown(page_client, report)
    assert "in the trash" in page
    state = page_client.get(url_of(report, f"{image.pk}/")).content.decode()
    assert "<form" not in state
    Image.objects.filter(pk=image.pk).update(deleted_at=None)
    ClassLabel.objects.filter(name="cat").update(name="kitten")
    # Touched since the freeze, and yet of the same class.
    Image.objects.filter(pk=image.pk).update(labelled_at=timezone.now())
    page = shown(page_client, report)
    assert "its class is called kitten now" in page
    assert "Since version 1" not in page
    # Enter takes the class under its present name, and makes none of the old one.
    ClassLabel.objects.filter(name="dog").update(name="hound")
    assert "Make it hound" in shown(page_client, report)
    answer = decide(page_client, report, image, "predicted")
    assert "Back to kitten" in answer.content.decode()
    decide(page_client, report, image, "frozen")
    merge_class(
        user=user,
        label=ClassLabel.objects.get(name="hound"),
        into=ClassLabel.objects.get(name="fox"),
    )
    state = page_client.get(url_of(report, f"{image.pk}/")).content.decode()
    assert "Make it" not in state
    assert decide(page_client, report, image, "predicted").status_code == 400
    assert set(ClassLabel.objects.values_list("name", flat=True)) == {"kitten", "fox"}
    # Of all splits of the version.
    assert "Since version 1: 8 relabelled." in shown(page_client, report)
    Dataset.objects.update(deleted_at=timezone.now())
    page = shown(page_client, report)
    assert "restore it before changing labels" in page
    assert "Make it" not in page
    assert decide(page_client, report, image, "predicted").status_code == 409


def test_a_viewer_looks_and_changes_nothing(user, page_client, report):
    image = first_image(page_client, report)
    viewer = factories.make_member(user.personal_organization, Role.VIEWER)
    factories.sign_in(page_client, viewer)
    page = shown(page_client, report)
    assert "Make it" not in page
    assert "Freeze and retrain" not in page
    for decision in ("predicted", "other", "exclude", "keep", "reopen"):
        assert decide(page_client, report, image, decision).status_code == 403
    assert page_client.post(f"/evaluations/{report.pk}/freeze/").status_code == 403
    assert DatasetVersion.objects.count() == 1


def test_freeze_and_retrain_opens_the_form_with_the_runs_settings(page_client, report):
    decide(page_client, report, first_image(page_client, report), "predicted")
    answer = page_client.post(f"/evaluations/{report.pk}/freeze/")
    version = DatasetVersion.objects.get(number=2)
    run = TrainingRun.objects.get()
    assert answer["Location"] == f"/training/{run.pk}/clone/?dataset_version={version.pk}"
    assert (version.strategy, version.seed) == ("folder", 0)
    form = page_client.get(answer["Location"]).content.decode()
    assert f'value="{version.pk}" selected' in form
    assert 'name="config-epochs" value="7"' in form
    again = page_client.post(f"/evaluations/{report.pk}/freeze/", follow=True).content.decode()
    assert "Nothing has changed since version 2, so it is taken." in again
    assert DatasetVersion.objects.count() == 2


def test_a_model_of_another_dataset_has_no_run_to_clone(user, page_client):
    elsewhere = factories.make_version(user=user, classes=("cat", "dog", "fox"))
    model_version = factories.make_model_version(factories.make_run(user, elsewhere))
    report = make_answered(user, wrong=WRONG, make=lambda version: model_version)
    image = first_image(page_client, report)
    near = page_client.get(url_of(report, f"{image.pk}/nearest/")).content.decode()
    assert f"The model learned from {elsewhere.dataset.name}" in near
    answer = page_client.post(f"/evaluations/{report.pk}/freeze/")
    assert answer["Location"].startswith("/training/new/?dataset_version=")
    assert f"model={model_version.model_id}" in answer["Location"]


def test_nearest_training_images_are_those_of_the_train_split(page_client, report):
    image = first_image(page_client, report)
    near = url_of(report, f"{image.pk}/nearest/")
    assert "This image has no vector yet" in page_client.get(near).content.decode()
    assert "No image has a vector yet" in shown(page_client, report)
    dataset = report.dataset_version.dataset
    # The more alike, the smaller the angle; the images of the other splits are the nearest of all.
    train = list(
        Image.objects.filter(dataset=dataset, split="train", class_label__name="dog").order_by(
            "name"
        )
    )
    angles = {each.sha256: 0.01 for each in Image.objects.filter(dataset=dataset)}
    angles |= {each.sha256: 3.0 for each in Image.objects.filter(dataset=dataset, split="train")}
    angles |= {each.sha256: 0.5 * (number + 1) for number, each in enumerate(train)}
    angles[image.sha256] = 0.0
    store_vectors(
        organization_id=dataset.organization_id,
        space=factories.make_space(width=2),
        vectors={
            sha256: np.array([np.cos(angle), np.sin(angle)], np.float16)
            for sha256, angle in angles.items()
        },
    )
    page = page_client.get(near).content.decode()
    assert [page.index(str(each.pk)) for each in train] == sorted(
        page.index(str(each.pk)) for each in train
    )
    assert page.count("<li>") == 3
    assert "by colours" not in page
    # What the model learned it as, whatever it is now.
    assert page.count("<span>dog</span>") == 3
    train[0].class_label = None
    train[0].save()
    assert page_client.get(near).content.decode().count("<span>dog</span>") == 3
    assert "No image has a vector yet" not in shown(page_client, report)
    Image.objects.filter(dataset=dataset, split="train").update(deleted_at=timezone.now())
    assert "None of the images" in page_client.get(near).content.decode()
