import pytest

from datasets.models import Image
from datasets.selectors.version_diff import diff
from datasets.services.labelling.annotate import annotate
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.datasets.conftest import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user)
    for name, start in (("cat", 0), ("dog", 100)):
        factories.add_files(dataset, [(f"{n}.png", png(n), name) for n in range(start, start + 10)])
    return dataset


def named(changes) -> list[str]:
    return sorted((change.after or change.before).name for change in changes)


def test_each_kind_of_change_is_told_apart(user, dataset):
    first = freeze(user=user, dataset=dataset, train=0.6, validation=0.2, test=0.2)
    in_train = {
        sample.name: sample.image_id for sample in first.samples.filter(split=0).order_by("name")
    }
    cats = [name for name in in_train if len(name) == 5]
    Image.objects.filter(pk=in_train[cats[0]]).update(deleted_at=dataset.created_at)
    annotate(user=user, dataset=dataset, class_names={in_train[cats[1]]: "dog"})
    factories.add_files(dataset, [("new.png", png(500), "cat")])
    second = freeze(user=user, dataset=dataset, train=0.6, validation=0.2, test=0.2, seed=8)
    found = diff(first, second)
    assert named(found.added) == ["new.png"]
    assert named(found.removed) == [cats[0]]
    assert named(found.relabelled) == [cats[1]]
    (relabelled,) = found.relabelled
    assert (relabelled.before.class_name, relabelled.after.class_name) == ("cat", "dog")
    old = dict(first.samples.values_list("name", "split"))
    new = dict(second.samples.values_list("name", "split"))
    assert named(found.moved) == sorted(n for n in old.keys() & new.keys() if old[n] != new[n])
    assert found.moved
    back = diff(second, first)
    assert back.counts == found.counts | {"added": 1, "removed": 1}
    assert named(back.added) == [cats[0]]


def test_versions_with_equal_digests_do_not_differ(user, dataset):
    first = freeze(user=user, dataset=dataset)
    twin = factories.make_dataset(user=user)
    for name, start in (("dog", 100), ("cat", 0)):
        factories.add_files(twin, [(f"x{n}.png", png(n), name) for n in range(start, start + 10)])
    second = freeze(user=user, dataset=twin)
    assert first.digest == second.digest
    assert not any(diff(first, second).counts.values())


def test_repeats_of_a_content_are_paired_with_what_is_most_alike(user, dataset):
    factories.add_files(dataset, [("again.png", png(0), "dog")])
    first = freeze(user=user, dataset=dataset)
    Image.objects.filter(name="again.png").update(excluded_at=dataset.created_at)
    factories.add_files(dataset, [("third.png", png(0), "cat")])
    second = freeze(user=user, dataset=dataset)
    found = diff(first, second)
    (change,) = found.relabelled
    assert (change.before.name, change.after.name) == ("again.png", "third.png")
    assert found.counts["added"] == found.counts["removed"] == 0


def test_the_api_counts_and_pages(user, api, dataset):
    first = freeze(user=user, dataset=dataset)
    address = f"/api/v1/dataset-versions/{first.pk}/diff/"
    assert not any(api.get(address).data["counts"].values())
    factories.add_files(dataset, [(f"{n}.png", png(n), "cat") for n in range(200, 260)])
    second = freeze(user=user, dataset=dataset, seed=5)
    address = f"/api/v1/dataset-versions/{second.pk}/diff/"
    answer = api.get(address).data
    assert answer["against"] == str(first.pk)
    assert answer["counts"]["added"] == 60
    pages = [api.get(address, {"against": first.pk, "page": n}).data["added"] for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 10, 0]
    assert len({change["sha256"] for page in pages for change in page}) == 60
    assert pages[0][0]["before"] is None
    other = freeze(user=user, dataset=_other(user))
    refused = api.get(address, {"against": other.pk})
    assert refused.status_code == 400
    assert refused.data["errors"][0]["pointer"] == "/against"


def _other(user):
    dataset = factories.make_dataset(user=user)
    for name in ("cat", "dog"):
        factories.make_images(dataset, name, 4)
    return dataset


def test_the_page_shows_what_changed(user, page_client, dataset):
    first = freeze(user=user, dataset=dataset)
    image = first.samples.filter(class_index=0, split=0).first()
    annotate(user=user, dataset=dataset, class_names={image.image_id: "dog"})
    second = freeze(user=user, dataset=dataset)
    html = page_client.get(f"/datasets/versions/{second.pk}/").content.decode()
    address = f"/datasets/versions/{second.pk}/diff/"
    assert address in html
    html = page_client.get(address, {"against": first.pk}).content.decode()
    assert "cat → <strong>dog</strong>" in html
    assert image.name in html
    nothing = page_client.get(address, {"against": first.pk, "kind": "added"}).content.decode()
    assert "Nothing of this kind changed." in nothing
    assert page_client.get(address, {"against": "nonsense"}).status_code == 400
