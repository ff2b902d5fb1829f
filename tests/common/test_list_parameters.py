from base64 import b64encode
from urllib.parse import quote

import pytest

from accounts.services.tokens import create_token

LIST = "/api/v1/auth/tokens/"


def cursor(query: str) -> str:
    return quote(b64encode(query.encode()).decode())


def test_every_row_once_over_the_pages(api, user):
    for number in range(7):
        create_token(user=user, name=f"token {number}")
    url, names = f"{LIST}?page_size=3", []
    while url:
        page = api.get(url).json()
        names += [row["name"] for row in page["results"]]
        url = page["next"]
    assert names == [f"token {number}" for number in reversed(range(7))]


@pytest.mark.parametrize("size", ["0", "-1", "501", "ten", "", "3.0", "٣", "9" * 40])
def test_page_sizes_out_of_range_are_refused(api, size):
    answer = api.get(f"{LIST}?page_size={quote(size)}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/page_size"
    assert "1 to 500" in answer.json()["detail"]


@pytest.mark.parametrize(
    "value", ["x", "ü", cursor("p=yesterday"), cursor("p=\x00"), cursor("o=-1"), cursor("r=x")]
)
def test_cursors_that_are_not_ours_are_refused(api, value):
    answer = api.get(f"{LIST}?cursor={value}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_cursor"


def test_an_unknown_parameter_is_an_error_that_says_what_is_allowed(api):
    answer = api.get(f"{LIST}?owner__password__startswith=a&cursor=&name=x")
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["code"] == "unknown_parameter"
    assert problem["detail"].endswith("Allowed here: page_size, cursor.")
    assert [error["pointer"] for error in problem["errors"]] == [
        "/name",
        "/owner__password__startswith",
    ]
