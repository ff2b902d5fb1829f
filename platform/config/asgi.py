"""ASGI entry point, served by uvicorn."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_django = get_asgi_application()

# Django is set up by the line above.
from common.body_limit import BodyLimitMiddleware  # noqa: E402
from common.long_patch import LongPatchMiddleware  # noqa: E402

_parts = LongPatchMiddleware(_django)  # type: ignore[arg-type]  # Django types scopes as dict
application = BodyLimitMiddleware(_parts)
