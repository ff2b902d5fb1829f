"""The answers to single images: the list of the API, and pairs of classes among a thousand."""

import resource

import numpy as np
import pytest

from classifier.evaluation.selectors.answers import AnswerColumns
from classifier.evaluation.selectors.pairs import PAGE, pair_table
from classifier.evaluation.selectors.predictions import AnswerFilter
from classifier.models import ReportAnswers
from datasets.models import Image
from tests import factories
from tests.classifier.evaluation.answered import make_answered

WRONG = [("cat", "dog", 0.7), ("cat", "dog", 0.95), ("cat", "fox", 0.5), ("dog", "cat", 0.6)]


@pytest.fixture
def report(user):
    """Twelve answers, four of them wrong."""
    return make_answered(user, wrong=WRONG)


def rows(api, report, **query):
    answer = api.get(f"/api/v1/evaluations/{report.pk}/predictions/", query)
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


def test_a_cell_lists_its_images_worst_first(api, report):
    found = rows(api, report, true="cat", predicted="dog")
    assert [round(row["probability"], 2) for row in found] == [0.95, 0.7]
    assert {(row["true"], row["predicted"], row["correct"]) for row in found} == {
        ("cat", "dog", False)
    }
    assert Image.objects.get(pk=found[0]["image"]).class_label.name == "cat"
    counts = report.figures.confusion_matrix.counts
    for row, true in enumerate(("cat", "dog", "fox")):
        for column, predicted in enumerate(("cat", "dog", "fox")):
            cell = rows(api, report, true=true, predicted=predicted)
            assert len(cell) == counts[row][column]


def test_mistakes_and_the_least_certain_answers_are_ordered(api, report):
    wrong = rows(api, report, correct="false")
    assert [round(row["probability"], 2) for row in wrong] == [0.95, 0.7, 0.6, 0.5]
    least = rows(api, report, order="confidence")
    assert [round(row["probability"], 2) for row in least[:5]] == [0.5, 0.6, 0.7, 0.9, 0.9]
    assert len(rows(api, report, correct="true")) == 8


def test_pages_follow_one_another(api, report):
    url, seen = f"/api/v1/evaluations/{report.pk}/predictions/?page_size=5", []
    while url:
        page = api.get(url).json()
        seen += [row["image"] for row in page["results"]]
        last, url = page, page["next"]
    assert seen == [row["image"] for row in rows(api, report)]
    assert len(set(seen)) == 12
    assert api.get(last["previous"]).json()["results"][0]["image"] == seen[5]
    refused = api.get(f"/api/v1/evaluations/{report.pk}/predictions/?cursor=bm8")
    assert refused.json()["code"] == "unknown_cursor"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"true": "catt"}, "true must be a class of the report: “cat”, “dog”, “fox”"),
        ({"predicted": "wolf"}, "received “wolf”"),
        ({"order": "name"}, "name"),
        ({"correct": "perhaps"}, "correct"),
        ({"sort": "confidence"}, "sort"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(api, report, query, words):
    answer = api.get(f"/api/v1/evaluations/{report.pk}/predictions/", query)
    assert answer.status_code == 400
    assert words in str(answer.json())


def test_a_report_of_mapped_classes_speaks_of_those_of_the_dataset(user, api, page_client):
    elsewhere = factories.make_version(user=user, classes=("Katze", "dog", "fox"))
    model_version = factories.make_model_version(factories.make_run(user, elsewhere))
    report = make_answered(
        user, wrong=[("dog", "cat", 0.8)], mapping={"cat": ["Katze"]},
        make=lambda version: model_version,
    )  # fmt: skip
    found = rows(api, report, correct="false")
    assert [(row["true"], row["predicted"]) for row in found] == [("dog", "cat")]
    answer = api.get(f"/api/v1/evaluations/{report.pk}/predictions/?true=Katze")
    assert "“cat”, “dog”, “fox”" in answer.json()["detail"]
    page = page_client.get(f"/evaluations/{report.pk}/mistakes/").content.decode()
    assert "Make it cat" in page


def test_a_report_without_answers_says_so(api, page_client, report):
    ReportAnswers.objects.all().delete()
    answer = api.get(f"/api/v1/evaluations/{report.pk}/predictions/")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_answers")
    assert page_client.get(f"/evaluations/{report.pk}/mistakes/").status_code == 409
    assert (
        "evaluate again to open a cell"
        in page_client.get(f"/evaluations/{report.pk}/").content.decode()
    )


def test_another_tenant_finds_no_report(client, report):
    client.force_login(factories.make_user())
    for path in ("api/v1/evaluations/{}/predictions/", "evaluations/{}/mistakes/"):
        assert client.get("/" + path.format(report.pk)).status_code == 404


def test_images_that_are_gone_keep_their_answers(api, report):
    images = Image.objects.filter(dataset=report.dataset_version.dataset)
    everything = rows(api, report)
    images.update(deleted_at="2026-01-01T00:00Z")
    assert rows(api, report) == everything


def many(classes: int = 1000, answers: int = 60_000) -> AnswerColumns:
    """Answers of which a fifth is wrong."""
    random = np.random.default_rng(0)
    true = random.integers(0, classes, answers)
    wrong = random.random(answers) < 0.2
    predicted = np.where(wrong, random.integers(0, classes, answers), true)
    return AnswerColumns(
        [f"class {number}" for number in range(classes)], np.arange(answers), true, true, predicted,
        random.random(answers),
    )  # fmt: skip


def test_pairs_are_searched_and_sorted_among_a_thousand_classes():
    columns = many()
    pairs = pair_table(columns)
    assert len(pairs.rows) == PAGE
    counts = [pair.count for pair in pairs.rows]
    assert counts == sorted(counts, reverse=True)
    first = pairs.rows[0]
    true, predicted = int(first.true[6:]), int(first.predicted[6:])
    chosen = (columns.true == true) & (columns.predicted == predicted)
    assert first.count == chosen.sum()
    assert first.confidence == columns.probability[chosen].max()
    assert first.share == first.count / (columns.true == true).sum()
    for arrow in ("→", "->"):
        one = pair_table(columns, f"{first.true} {arrow} {first.predicted}")
        assert first in one.rows
    assert pair_table(columns, "class 999").matching < pairs.total
    assert pair_table(columns, "zebra").rows == []
    assert pair_table(columns, sort="true").rows[0].true == "class 0"
    last = pair_table(columns, page=10**6)
    assert last.page == last.pages


def test_sixty_thousand_answers_take_a_few_milliseconds():
    columns = many()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    for _ in range(5):
        pair_table(columns, "class 9")
        AnswerFilter(correct=False).matching(columns)
        AnswerFilter(order="confidence").matching(columns)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_utime - before) / 5 < 0.15
