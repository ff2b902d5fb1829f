"""The columns that divide a version's images: metadata, and facts with where images came from."""

import pytest

from datasets.models import Image, Split
from datasets.selectors.fact_slices import SENT, SOURCE, fact_slices
from datasets.selectors.subgroups import (
    MEASURED,
    column_names,
    dividing,
    named_fact_slices,
    subgroup_columns,
    subgroup_values,
)
from datasets.services.intake.start_import import start_import
from datasets.services.versions.freeze import freeze
from jobs.models import Status
from tests import factories
from tests.datasets.conftest import png, run_job, zipped

assert run_job


def _import(user, dataset, run_job, name: str, first: int) -> None:
    files = {
        f"{kind}/{n}.png": png(first + 100 * place + n)
        for place, kind in enumerate(("cat", "dog"))
        for n in range(5)
    }
    source = start_import(user=user, dataset=dataset, archive=[zipped(files)], archive_name=name)
    assert run_job(source.job).status == Status.SUCCEEDED


@pytest.mark.django_db(transaction=True)
def test_images_are_divided_by_where_they_came_from(user, run_job):
    dataset = factories.make_dataset(user=user)
    _import(user, dataset, run_job, "spring.zip", 0)
    _import(user, dataset, run_job, "autumn.zip", 1000)
    _import(user, dataset, run_job, "autumn.zip", 2000)
    factories.make_images(dataset, "cat", 5)
    early = factories.make_images(dataset, "dog", 5)
    # From before it was kept.
    Image.objects.filter(pk__in=[each.pk for each in early]).update(sent=False)
    Image.objects.filter(pk=early[0].pk).update(metadata={"camera": "old"})
    version = freeze(user=user, dataset=dataset)
    columns = subgroup_columns(version)
    counts = {name: sum(each.values()) for name, each in columns[SOURCE].counts.items()}
    assert counts.pop("spring.zip") == 10
    assert counts.pop(SENT) == counts.pop("") == 5
    assert list(counts.values()) == [10, 10]
    assert all(name.startswith("autumn.zip, 20") for name in counts), "told apart by their time"
    assert SOURCE in dividing(columns)
    assert "image: format" not in dividing(columns), "all are alike"
    assert set(dividing(columns)) <= set(column_names(version))
    values = subgroup_values(version, SOURCE, columns[SOURCE], tuple(Split))
    assert len(values) == 40
    assert values[early[0].sha256, version.class_names.index("dog")] == ""
    cameras = subgroup_values(version, "camera", columns["camera"], tuple(Split))
    assert sorted(cameras.values()) == [""] * 39 + ["old"]
    slices = fact_slices(version, Split.TRAIN)[SOURCE]
    assert len(slices) == sum(version.sample_counts["train"].values())
    # A fact gives way to a column of a person that is called like it.
    Image.objects.filter(pk=early[0].pk).update(metadata={SOURCE: "mine"})
    named = freeze(user=user, dataset=dataset)
    assert SOURCE in named_fact_slices(version, Split.TRAIN)
    found = named_fact_slices(named, Split.TRAIN)
    assert (SOURCE in found, SOURCE + MEASURED in found) == (False, True)
    assert SOURCE + MEASURED in dividing(subgroup_columns(named))
