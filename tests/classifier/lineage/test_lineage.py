"""The lineage both ways: nodes, edges, what is folded, and the picture of it."""

import pytest

from classifier.lineage.selectors.graph import Graph, Node, NodeType
from classifier.models import Prediction
from classifier.pages.selectors.lineage_picture import picture_of
from tests import factories

pytestmark = pytest.mark.django_db


def types(answer) -> list[str]:
    return [node["type"] for node in answer["nodes"]]


def test_a_model_version_has_all_before_it_and_all_after_it(user, api):
    version = factories.make_version(user=user)
    made = factories.make_model_version(factories.make_run(user, version))
    factories.make_report(made, right=1, images=2)
    Prediction.objects.create(
        organization=made.model.organization, model_version=made, name="x", answer={}
    )
    answer = api.get(f"/api/v1/model-versions/{made.pk}/lineage/").data
    assert types(answer) == [
        "uploads", "dataset_version", "training_run", "model_version", "alias", "evaluation",
        "predictions",
    ]  # fmt: skip
    here = [node["key"] for node in answer["nodes"] if node["here"]]
    assert here == [f"model_version:{made.pk}"]
    edges = {
        (edge["before"].split(":")[0], edge["after"].split(":")[0]) for edge in answer["edges"]
    }
    assert edges == {
        ("uploads", "dataset_version"), ("dataset_version", "training_run"),
        ("training_run", "model_version"), ("model_version", "alias"),
        ("model_version", "evaluation"), ("model_version", "predictions"),
    }  # fmt: skip
    both = [
        api.get(f"/api/v1/dataset-versions/{version.pk}/lineage/").data,
        api.get(f"/api/v1/training-runs/{made.training_run_id}/lineage/").data,
    ]
    assert all(types(each) == types(answer) for each in both)


def test_large_ones_are_folded_with_an_address(user, api, page_client):
    version = factories.make_version(user=user)
    for number in range(10):
        factories.make_run(user, version, name=f"Run {number}")
    answer = api.get(f"/api/v1/dataset-versions/{version.pk}/lineage/?most=3").data
    (more,) = [node for node in answer["nodes"] if node["type"] == "more"]
    assert (more["count"], more["title"]) == (7, "and 7 more runs")
    assert len(api.get(more["url"]).data["results"]) == 10
    assert api.get(f"/api/v1/dataset-versions/{version.pk}/lineage/?most=0").status_code == 400
    page = page_client.get(f"/dataset-versions/{version.pk}/lineage/").content.decode()
    assert "and 2 more runs" in page
    assert f"/training/?dataset_version={version.pk}" in page
    listed = page_client.get(f"/training/?dataset_version={version.pk}").content.decode()
    assert "Run 0" in listed
    assert str(version) in listed


def test_boxes_stand_to_the_right_of_what_they_came_from():
    graph = Graph()
    for key in "abc":
        graph.add(Node(key, NodeType.IMPORT, key * 40))
    graph.edges |= {("a", "b"): None, ("b", "c"): None, ("a", "c"): None}
    picture = picture_of(graph)
    assert [box.node.key for box in sorted(picture.boxes, key=lambda box: box.x)] == list("abc")
    assert picture.boxes[0].title.endswith("…")
    assert len(picture.lines) == 3
    assert [[source.key for source in row.sources] for row in picture.rows] == [
        [],
        ["a"],
        ["b", "a"],
    ]


def test_the_pages_open_it_in_place(user, page_client):
    version = factories.make_version(user=user)
    made = factories.make_model_version(factories.make_run(user, version))
    for page, part in {
        f"/datasets/versions/{version.pk}/": f"/dataset-versions/{version.pk}/lineage/",
        f"/training/{made.training_run_id}/": f"/training/{made.training_run_id}/lineage/",
        f"/model-versions/{made.pk}/": f"/model-versions/{made.pk}/lineage/",
    }.items():
        assert f'hx-get="{part}"' in page_client.get(page).content.decode()
        shown = page_client.get(part, headers={"HX-Request": "true"}).content.decode()
        assert "<svg" in shown
        assert "is-here" in shown
        assert "<html" not in shown
