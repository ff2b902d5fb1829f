"""Who may cancel and retry a dataset's jobs finds the buttons on its pages; others do not."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from datasets.services.quality.check_quality import check_again
from datasets.services.vectors.maps import start_map
from jobs.errors import JobFailed
from jobs.models import Job, Status
from jobs.services import end_attempt
from jobs.services.claim import claim
from tests import factories

CANCEL = 'data-job="cancel"'


@pytest.fixture
def pages(db, client):
    """The dataset of an editor, and what the editor and a viewer read of one of its pages."""
    editor = factories.make_user()
    dataset = factories.make_dataset(user=editor)
    factories.make_images(dataset, "cat", 2)
    viewer = factories.make_member(dataset.organization, Role.VIEWER)

    def read(name: str) -> tuple[str, str]:
        found = []
        for person in (editor, viewer):
            factories.sign_in(client, person)
            found.append(client.get(reverse(f"datasets:{name}", args=[dataset.pk])).text)
        return found[0], found[1]

    return editor, dataset, read


def test_only_who_may_cancel_a_map_is_offered_it(pages):
    editor, dataset, read = pages
    start_map(user=editor, dataset=dataset)
    of_editor, of_viewer = read("map")
    assert "Map of" in of_viewer
    assert (CANCEL in of_editor, CANCEL in of_viewer) == (True, False)


def test_only_who_may_retry_a_check_is_offered_it(pages):
    editor, dataset, read = pages
    report = check_again(user=editor, dataset=dataset)
    of_editor, of_viewer = read("quality")
    assert "Quality check" in of_viewer
    assert (CANCEL in of_editor, CANCEL in of_viewer) == (True, False)

    Job.objects.filter(pk=report.job_id).update(status=Status.QUEUED)
    job = claim(queue="io", worker="tests")
    failure = JobFailed("internal", "The worker had no memory left.", retry=False)
    end_attempt.fail(job_id=job.pk, fence=job.fence, failure=failure)
    retry = reverse("jobs:retry", args=[report.job_id])
    of_editor, of_viewer = read("quality")
    assert "no memory left" in of_viewer
    assert (retry in of_editor, retry in of_viewer) == (True, False)
