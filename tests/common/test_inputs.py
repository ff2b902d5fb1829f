"""Fields and parameters that Loupe does not know: refused by name, with those that there are."""

import pytest
from django.http import QueryDict
from rest_framework import serializers

from accounts.models import APIToken
from common.inputs import InputSerializer
from common.nearest import nearest_first
from datasets.models import DatasetVersion
from tests import factories

TOKENS = "/api/v1/auth/tokens/"


class Wheel(InputSerializer):
    size = serializers.IntegerField()


class Bicycle(InputSerializer):
    name = serializers.CharField()
    colours = serializers.ListField(child=serializers.CharField(), required=False)
    front = Wheel(required=False)
    spares = serializers.ListField(child=Wheel(), required=False)


def faults(data) -> dict:
    body = Bicycle(data=data)
    return {} if body.is_valid() else body.errors


def test_every_level_of_a_body_names_what_it_does_not_know():
    assert faults({"name": "x", "front": {"size": 1}, "spares": [{"size": 2}]}) == {}
    assert faults({"name": "x", "colour": "red", "size": 3}) == {
        "colour": ["There is no field “colour” here. Allowed: colours, front, spares, name."],
        "size": [
            "There is no field “size” here. Allowed: spares, name, colours, front. "
            "Inside of front there is one."
        ],
    }
    assert set(faults({"name": "x", "front": {"size": 1, "siez": 1}})["front"]) == {"siez"}
    assert set(
        faults({"name": "x", "spares": [{"size": 1}, {"size": 1, "n": 1}]})["spares"][1]
    ) == {"n"}
    both = faults({"nam": "x"})
    assert (both["name"][0].code, both["nam"][0].code) == ("required", "unknown_field")


def test_forms_may_carry_a_csrf_token_and_number_their_lists():
    assert faults(QueryDict("name=x&csrfmiddlewaretoken=y&colours=red&colours=blue")) == {}
    assert faults(QueryDict("name=x&colours[0]=red&colours[1]=blue")) == {}
    assert set(faults(QueryDict("name=x&colours[]=red"))) == {"colours[]"}
    # The numbered ones would not be read beside the others.
    assert set(faults(QueryDict("name=x&colours=red&colours[0]=blue"))) == {"colours[0]"}
    assert faults(QueryDict("name=x&name=y"))["name"][0].code == "repeated_field"
    assert set(faults({"name": "x", "csrfmiddlewaretoken": "y"})) == {"csrfmiddlewaretoken"}


def test_the_nearest_name_comes_first():
    assert nearest_first("val", ["train", "test", "validation"])[0] == "validation"
    assert nearest_first("model_version", ["images", "alias", "version", "top_k"])[0] == "version"
    assert nearest_first("x" * 100_000, ["b", "a"]) == ["a", "b"]


def test_a_misspelt_scope_makes_no_wider_token(api):
    answer = api.post(TOKENS, {"name": "x", "scope": ["predict"]})
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["errors"][0]["pointer"] == "/scope"
    assert problem["errors"][0]["code"] == "unknown_field"
    assert "Allowed: scopes, " in problem["detail"]
    assert not APIToken.objects.exists()


def test_a_share_by_another_name_freezes_nothing(api, user):
    dataset = factories.make_dataset(user=user)
    split = {"strategy": "stratified", "train": 0.8, "val": 0.2}
    answer = api.post(f"/api/v1/datasets/{dataset.pk}/versions/", {"split": split})
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/split/val", "unknown_field")
    assert "Allowed: validation, " in fault["detail"]
    assert not DatasetVersion.objects.exists()


def test_settings_beside_config_and_unknown_ones_inside_are_refused(api, user):
    body = {"dataset_version": str(factories.make_version(user=user).pk), "preset": "cnn_tiny"}
    answer = api.post("/api/v1/training-runs/", {**body, "epochs": 3})
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/epochs", "unknown_field")
    assert fault["detail"].endswith("Inside of config there is one.")
    answer = api.post("/api/v1/training-runs/", {**body, "config": {"epoch/s": 3, "seed": -1}})
    found = {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]}
    assert found == {("/config/epoch~1s", "unknown_field"), ("/config/seed", "invalid")}
    assert "its settings are epochs, " in answer.json()["detail"]


def test_a_parameter_where_the_body_was_meant_is_refused(api):
    answer = api.post(f"{TOKENS}?name=x", {"name": "y"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert "This address takes none." in answer.json()["detail"]
    answer = api.get(f"{TOKENS}?page_size=1&page_size=2")
    assert (answer.status_code, answer.json()["code"]) == (400, "repeated_parameter")


def test_a_call_without_a_body_refuses_one(api, user):
    dataset = factories.make_dataset(user=user)
    url = f"/api/v1/datasets/{dataset.pk}/"
    for body in ({"reason": "old"}, [1]):
        answer = api.delete(url, body)
        assert answer.status_code == 400
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "5"}
    uploads, octets = "/api/v1/uploads/", "application/offset+octet-stream"
    answer = api.generic("POST", uploads, b"bytes", content_type=octets, headers=tus)
    assert answer.status_code == 400
    assert api.delete(url, {}).status_code == 204


@pytest.mark.parametrize("body", ['{"name": "x", "name": "y"}', '{"name": {"a": 1, "a": 1}}'])
def test_a_name_that_stands_twice_in_json_is_refused(api, body):
    answer = api.generic("POST", TOKENS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert "twice" in answer.json()["detail"]
