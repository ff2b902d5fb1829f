"""What the environment says, and the folders that it names.

With no variable given, the servers of the embedded default are used: `embedded` writes their
addresses to `<data folder>/embedded.env`.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config.service_addresses import EXAMPLES, require_address
from config.sign_in import public_host

env = environ.Env()
REPOSITORY_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env.str("LOUPE_DATA_DIR", default=str(REPOSITORY_DIR / ".loupe"))).resolve()
_embedded_env = DATA_DIR / "embedded.env"
if _embedded_env.is_file():
    env.read_env(_embedded_env)
for required in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL"):
    if not env.str(required, default=""):
        raise ImproperlyConfigured(
            f"{required} is not set, and no embedded server has run on {DATA_DIR}. "
            "Set it, or start the embedded default once with `make run`."
        )

for named in EXAMPLES:
    if given := env.str(named, default=""):
        require_address(named, given)

REDIS_URL = env.str("REDIS_URL")
_port = env.int("LOUPE_PORT", default=8000)
PUBLIC_URL = env.str(
    "LOUPE_PUBLIC_URL",
    default=f"http://{public_host(env.str('LOUPE_HOST', default=''))}:{_port}",
).rstrip("/")
public_address = urlsplit(PUBLIC_URL)
MIB = 1 << 20
