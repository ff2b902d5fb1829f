"""Apps above hear of new images and of changed labels, in the transaction that made the change."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from datasets.models import Image
from datasets.services import listeners
from datasets.services.intake.upload_images import upload_images
from datasets.services.labelling.annotate import annotate
from datasets.services.labelling.bulk_edit import bulk_edit
from datasets.services.labelling.undo_edit import undo_edit
from tests import factories
from tests.datasets.conftest import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch) -> list[tuple]:
    """What was announced: the name of the change, the user, and the classes as they stand then."""
    told: list[tuple] = []
    for name in ("images_added", "labels_changed"):
        change = listeners.Change()

        def listen(*, user, dataset, name=name) -> None:
            images = Image.objects.filter(dataset=dataset).order_by("name")
            told.append(
                (name, user, [image.class_label and image.class_label.name for image in images])
            )

        change.register(listen)
        change.register(listen)
        monkeypatch.setattr(listeners, name, change)
    return told


def test_listeners_hear_of_images_and_labels_once(user, heard):
    dataset = factories.make_dataset(user=user)
    files = [SimpleUploadedFile(f"{number}.png", png(number)) for number in range(2)]
    upload_images(user=user, dataset=dataset, files=files)
    first, second = Image.objects.filter(dataset=dataset).order_by("name")
    annotate(user=user, dataset=dataset, class_names={first.pk: "owl"})
    annotate(user=user, dataset=dataset, class_names={first.pk: "owl"})
    done = bulk_edit(
        user=user,
        dataset=dataset,
        selection=[first.pk, second.pk],
        action="relabel",
        class_name="hen",
    )
    undo_edit(user=user, edit=done.edit)
    assert heard == [
        ("images_added", user, [None, None]),
        ("labels_changed", user, ["owl", None]),
        ("labels_changed", user, ["hen", "hen"]),
        ("labels_changed", user, ["owl", None]),
    ]


def test_a_listener_that_fails_undoes_the_change(user, monkeypatch):
    dataset = factories.make_dataset(user=user)
    upload_images(user=user, dataset=dataset, files=[SimpleUploadedFile("a.png", png(1))])
    image = Image.objects.get(dataset=dataset)
    change = listeners.Change()

    def refuse(*, user, dataset) -> None:
        raise RuntimeError("no")

    change.register(refuse)
    monkeypatch.setattr(listeners, "labels_changed", change)
    with pytest.raises(RuntimeError):
        annotate(user=user, dataset=dataset, class_names={image.pk: "owl"})
    image.refresh_from_db()
    assert image.class_label is None
