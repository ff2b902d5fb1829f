"""What the person who runs the platform may set, all from the environment and all optional."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import EmbeddedError
from programs.gpus import gpus_of_machine, read_gpus

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Options:
    """The settings of one `make run`; docs/operator-guide.md lists the variables."""

    data_dir: Path
    host: str
    port: int
    train_workers: int
    database_url: str | None
    database_owner_url: str | None
    redis_url: str | None
    images_redis_url: str | None
    secret_key: str | None
    public_url: str | None
    proxies: str | None

    @property
    def embeds_images_redis(self) -> bool:
        """Whether images of predictions pass through a Redis of this run.

        Where the other Redis is given, workers on other machines may use it, and cannot reach ours.
        """
        return self.redis_url is None and self.images_redis_url is None

    @property
    def url(self) -> str:
        """Where the web server answers on this machine; a name, as passkeys need one."""
        local = {"127.0.0.1": "localhost", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
        host = local.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def read_options(environment: Mapping[str, str] = os.environ) -> Options:
    """Return the options that `environment` gives.

    Raises:
        EmbeddedError: a number is none or out of its range, or the server is to listen for other
            machines and nothing says by which address they reach it.
    """
    if environment.get("LOUPE_HOST") in WILDCARDS and not environment.get("LOUPE_PUBLIC_URL"):
        raise EmbeddedError(
            f"LOUPE_HOST={environment['LOUPE_HOST']} listens on every address. Set "
            "LOUPE_PUBLIC_URL to the one that people use, such as http://loupe.example.org:8000: "
            "other names are refused, and links in mails carry it."
        )
    return Options(
        data_dir=Path(environment.get("LOUPE_DATA_DIR") or REPOSITORY / ".loupe").resolve(),
        host=environment.get("LOUPE_HOST") or "127.0.0.1",
        port=_number(environment, "LOUPE_PORT", default=8000, lowest=1, highest=65535),
        train_workers=_train_workers(environment),
        database_url=environment.get("DATABASE_URL") or None,
        database_owner_url=environment.get("DATABASE_OWNER_URL") or None,
        redis_url=environment.get("REDIS_URL") or None,
        images_redis_url=environment.get("LOUPE_IMAGES_REDIS_URL") or None,
        secret_key=environment.get("SECRET_KEY") or None,
        public_url=environment.get("LOUPE_PUBLIC_URL") or None,
        proxies=environment.get("FORWARDED_ALLOW_IPS") or None,
    )


def _train_workers(environment: Mapping[str, str]) -> int:
    """Return how many trainings run at a time: one for each GPU, unless something else is said."""
    if environment.get("LOUPE_TRAIN_WORKERS"):
        return _number(environment, "LOUPE_TRAIN_WORKERS", default=1, lowest=1, highest=64)
    try:
        named = read_gpus(environment.get("LOUPE_GPUS", ""))
    except ValueError as error:
        raise EmbeddedError(str(error)) from None
    return min(64, max(1, len(gpus_of_machine(named))))


def _number(
    environment: Mapping[str, str], name: str, *, default: int, lowest: int, highest: int
) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        raise EmbeddedError(f"{name} must be a number from {lowest} to {highest}, not {text!r}.")
    return int(text)
