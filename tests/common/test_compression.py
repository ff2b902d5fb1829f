"""Pages are compressed; what shows a secret, streams and files are not."""

import gzip
import re

from django.http import HttpResponse, StreamingHttpResponse

from common.compression import PageCompressionMiddleware
from tests import factories

GZIP = {"Accept-Encoding": "gzip, br"}


def test_a_gallery_is_a_fraction_of_its_size(page_client, user):
    dataset = factories.make_dataset(user.personal_organization, user)
    factories.make_images(dataset, "cat", 40)
    url = f"/datasets/{dataset.pk}/"
    answer = page_client.get(url, headers=GZIP)
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    page = gzip.decompress(answer.content)
    assert len(answer.content) * 5 < len(page)
    assert b"cat-7.png" in page
    assert "Content-Encoding" not in page_client.get(url)


def test_a_secret_cannot_be_guessed_from_the_length_of_a_page(page_client):
    form = {"name": "camera", "scopes": ["read"], "expires_in_days": 30}
    assert "Content-Encoding" not in page_client.post("/tokens/", form, follow=True, headers=GZIP)
    answers = [page_client.get("/jobs/", headers=GZIP) for _ in range(8)]
    pages = [gzip.decompress(answer.content).decode() for answer in answers]
    tokens = {re.search(r'name="csrf-token" content="(\w+)"', page).group(1) for page in pages}
    assert len(tokens) == 8
    assert len({len(answer.content) for answer in answers}) > 1


def test_streams_and_files_go_out_as_they_are(rf):
    def compressed(response):
        request = rf.get("/", headers=GZIP)
        return "Content-Encoding" in PageCompressionMiddleware(lambda _: response)(request)

    long = "<p>one</p>" * 1000
    assert compressed(HttpResponse(long))
    assert not compressed(StreamingHttpResponse([long]))
    assert not compressed(HttpResponse(long, content_type="image/png"))
    assert not compressed(HttpResponse(long, content_type="application/json"))
