import pytest

from datasets.models import Annotation, Image
from datasets.selectors.image_counts import miscounted_datasets
from datasets.services.labelling.annotate import annotate
from datasets.services.labelling.remove_class import merge_class
from datasets.services.versions.freeze import freeze
from datasets.services.versions.restore_version import restore_version
from tests import factories
from tests.datasets.conftest import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user)
    for name, start in (("cat", 0), ("dog", 100)):
        factories.add_files(dataset, [(f"{n}.png", png(n), name) for n in range(start, start + 8)])
    return dataset


def image(name: str) -> Image:
    return Image.objects.get(name=name)


def test_everything_comes_back_and_another_restore_undoes_it(user, dataset):
    first = freeze(user=user, dataset=dataset, keep_test=False)
    annotate(user=user, dataset=dataset, class_names={image("0.png").pk: "dog"})
    annotate(user=user, dataset=dataset, class_names={image("1.png").pk: ""})
    Image.objects.filter(name="2.png").update(deleted_at=dataset.created_at)
    Image.objects.filter(name="3.png").update(excluded_at=dataset.created_at)
    factories.add_files(dataset, [("new.png", png(500), "owl"), ("loose.png", png(501), "")])
    factories.add_files(dataset, [(f"{n}.png", png(n), "owl") for n in range(600, 603)])
    second = freeze(user=user, dataset=dataset, keep_test=False)
    restored = restore_version(user=user, version=first)
    assert vars(restored) == {"relabelled": 2, "brought_back": 2, "left_out": 4}
    assert miscounted_datasets() == 0
    assert freeze(user=user, dataset=dataset, keep_test=False).digest == first.digest
    assert image("loose.png").excluded_at is None
    said = Annotation.objects.get(image=image("0.png"), class_name="cat")
    assert (said.previous_class_name, said.created_by) == ("dog", user)
    assert vars(restore_version(user=user, version=first)) == {
        "relabelled": 0, "brought_back": 0, "left_out": 0,
    }  # fmt: skip
    restore_version(user=user, version=second)
    assert freeze(user=user, dataset=dataset, keep_test=False).digest == second.digest


def test_a_class_that_was_merged_away_is_made_again(user, dataset, api):
    first = freeze(user=user, dataset=dataset)
    cat, dog = dataset.classes.order_by("name")
    merge_class(user=user, label=cat, into=dog)
    answer = api.post(f"/api/v1/dataset-versions/{first.pk}/restore/")
    assert answer.data == {"relabelled": 8, "brought_back": 0, "left_out": 0}
    assert freeze(user=user, dataset=dataset).digest == first.digest


def test_the_button_says_what_happened(user, dataset, page_client):
    version = freeze(user=user, dataset=dataset)
    annotate(user=user, dataset=dataset, class_names={image("0.png").pk: "dog"})
    address = f"/datasets/versions/{version.pk}/"
    assert f"{address}restore/" in page_client.get(address).content.decode()
    answer = page_client.post(f"{address}restore/", follow=True)
    assert "1 relabelled, 0 brought back, 0 left out" in answer.content.decode()
