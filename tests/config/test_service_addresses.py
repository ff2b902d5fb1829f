"""An address with a password that was not quoted is refused, and the password is said nowhere."""

import os
import re
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.service_addresses import require_address
from tests.servers import NO_SERVERS, REPOSITORY_DIR


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("DATABASE_URL", "postgres://me:s3cr/cret@host:5432/loupe"),
        ("DATABASE_URL", "postgres://me:12/cret@host:5432/loupe"),
        ("DATABASE_URL", "postgres://me:s3,cr/cret@host/loupe"),
        ("DATABASE_URL", "postgres://me:s3cr@t/cret@host:5432/loupe"),
        ("DATABASE_URL", "postgres://me:s3cr@t?cret@host/loupe"),
        ("DATABASE_URL", "postgres://me:s3cr@t#cret@host/loupe"),
        ("DATABASE_URL", "postgres://me:12?cret@host/loupe"),
        ("DATABASE_URL", "s3cret"),
        ("DATABASE_URL", "s3cr:cret@host/loupe"),
        ("REDIS_URL", "redis://:s3cr/cret@host:6379/0"),
        ("REDIS_URL", "redis://:s3cr#cret@host:6379/0"),
        ("REDIS_URL", "redis://:12#cret@host:6379/0"),
        ("REDIS_URL", "redis://:s3cr[cret@host:6379/0"),
        ("LOUPE_IMAGES_REDIS_URL", "redis://:12/cret@host:6379/0"),
        ("EMAIL_URL", "smtp://me:s3cr/cret@host"),
        ("EMAIL_URL", "smtp://me:s3cr@t/cret@host"),
        ("EMAIL_URL", "s3cr:cret@host:587"),
        ("EMAIL_URL", "post://me:s3cr@host:587"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(name, address):
    with pytest.raises(ImproperlyConfigured, match=f"^{name} does not have the form ") as refused:
        require_address(name, address)
    said = str(refused.value)
    assert re.findall(r"(\S) as %(\w\w)", said) == [(sign, f"{ord(sign):X}") for sign in "%@/?#[]"]
    assert not [part for part in ("s3cr", "cret@", "12") if part in said]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("DATABASE_URL", "postgres://me:pass%2Fword@host:5432/loupe?connect_timeout=5"),
        ("DATABASE_URL", "postgres://me:p%40ss%2Fword@host/loupe"),
        ("DATABASE_URL", "postgres://me:p@ss@host/loupe"),
        ("DATABASE_URL", "postgres:///loupe?host=/run/me@here"),
        ("DATABASE_URL", "postgres://me:word@one:5432,two:5432/loupe"),
        ("DATABASE_URL", "postgres://me@/loupe?host=/run/postgresql"),
        ("REDIS_URL", "unix:///run/me@here/redis.sock?db=0"),
        ("REDIS_URL", "unix://me@/run/redis.sock?db=0&password=p@ss"),
        ("REDIS_URL", "redis://host:6379/0?password=p@ss"),
        ("REDIS_URL", "rediss://:pass%2Fword@[::1]:6379/0"),
        ("EMAIL_URL", "smtp+tls://me@example.org:word@host:587"),
        ("EMAIL_URL", "consolemail://"),
    ],
)
def test_what_libraries_read_is_taken(name, address):
    require_address(name, address)


def test_a_program_that_is_told_such_an_address_does_not_begin():
    environment = os.environ | NO_SERVERS | {"DATABASE_URL": "postgres://me:s3cr/cret@host/loupe"}
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=REPOSITORY_DIR,
        env={**environment, "SECRET_KEY": "tests"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "DATABASE_URL does not have the form" in done.stderr
    assert "s3cr" not in done.stdout + done.stderr
