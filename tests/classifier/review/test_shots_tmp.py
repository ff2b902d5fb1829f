import pytest

from tests.classifier.review.test_page import dataset  # noqa
from tests.frontend.browsing import axe_faults

pytestmark = pytest.mark.browser
OUT = "/work/tmp/shots_review"


def test_shots(page, sign_in, dataset):
    from classifier.review.services.select import start_selection

    sel = start_selection(user=dataset.created_by, dataset=dataset, kind="unlabelled")
    sign_in(dataset.created_by)
    faults = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            for name, url in (
                ("review", "/review/"),
                ("select", "/review/select/"),
                ("selection", f"/review/selections/{sel.pk}/"),
            ):
                page.goto(url)
                page.wait_for_timeout(900)
                page.screenshot(path=f"{OUT}/{name}-{scheme}-{width}.png", full_page=False)
                faults[f"{name} {scheme} {width}"] = axe_faults(page, "minor")
    from classifier.models import ReviewItem

    ReviewItem.objects.all().delete()
    page.goto("/review/")
    page.wait_for_timeout(300)
    page.screenshot(path=f"{OUT}/empty-dark-390.png")
    print({k: v for k, v in faults.items() if v})
