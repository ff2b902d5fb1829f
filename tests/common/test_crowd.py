"""One person's crowd of requests, on the real platform: the others go on, and Postgres has room."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import pytest
import requests
from django.conf import settings
from django.db import connection

from accounts.models import APIToken, TokenScope
from tests import factories


def headers_of(person) -> dict[str, str]:
    secret = APIToken.objects.create(person, name="test", scopes=[TokenScope.READ])[1]
    return {"Authorization": f"Bearer {secret}"}


def connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("has_account", [True, False])
def test_115_requests_at_once_of_one_sender_stop_nobody(stack, user, has_account):
    """They got a thread and a connection each: Postgres ran out, and everyone got 500."""
    headers = headers_of(user) if has_account else {"Authorization": "Bearer loupe_made_up"}
    other = headers_of(factories.make_user())
    before = connections()
    page = f"{stack.url}/api/v1/datasets/"
    go = threading.Event()

    def crowd(_: int) -> list[int]:
        with requests.Session() as session:
            go.wait(30)
            return [session.get(page, headers=headers, timeout=60).status_code for _ in range(3)]

    most, seconds = [], []
    with ThreadPoolExecutor(115) as pool:
        statuses = [pool.submit(crowd, number) for number in range(115)]
        go.set()
        for _ in range(5):
            started = time.monotonic()
            assert requests.get(page, headers=other, timeout=30).status_code == 200
            seconds.append(time.monotonic() - started)
            most.append(connections() - before)
        found = Counter(status for each in statuses for status in each.result())
    expected = 200 if has_account else 401
    assert set(found) <= {expected, 503}, found
    assert found[expected] > 50
    assert max(most) <= settings.REQUEST_THREADS + 10
    print(f"another's page: median {median(seconds):.2f} s; {dict(found)}; {max(most)} connections")
