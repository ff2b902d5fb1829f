"""The short form of `make attack`, and that it goes nowhere but to this machine."""

import pytest

from tests.attack.campaign import CHAPTERS, run
from tests.attack.target import NotLoopback, Target

pytestmark = pytest.mark.long


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "names",
    [["climbing", "headers"], pytest.param([*CHAPTERS], marks=pytest.mark.slow)],
    ids=["some", "every"],
)
def test_the_short_attack_holds(stack, trained, tmp_path, names):
    chapters = run(Target(stack.url), trained, tmp_path, short=True, names=names)
    assert len(chapters) == len(names) + 1
    assert min(chapter.checks for chapter in chapters) > 1
    failed = [f"{chapter.title}: {line}" for chapter in chapters for line in chapter.failed]
    assert failed == []


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.7:8000",
        "http://example.org",
        "http://[2001:db8::1]:8000",
        "http://0.0.0.0:8000",
        "http://127.0.0.1@192.0.2.7/",
        "http://169.254.169.254/",
        "http:///",
        "",
    ],
)
def test_no_other_machine_is_attacked(url):
    with pytest.raises(NotLoopback):
        Target(url)


def test_this_machine_is():
    for url in ("http://127.0.0.1:1", "http://localhost:1/", "http://[::1]:1"):
        assert Target(url).url == url.rstrip("/")
