"""ASGI entry point, served by uvicorn."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

# Django is set up by the line above.
from django.conf import settings  # noqa: E402

from accounts.sender import SenderMiddleware  # noqa: E402
from classifier.prediction.api.express import ExpressMiddleware  # noqa: E402
from common.body_length import BodyLengthHandler  # noqa: E402
from common.body_limit import BodyLimitMiddleware  # noqa: E402
from common.garbage import collect_less  # noqa: E402
from common.logs import log_less  # noqa: E402
from common.long_patch import LongPatchMiddleware  # noqa: E402
from common.method_override import MethodOverrideMiddleware  # noqa: E402
from common.request_trace import RequestTraceMiddleware  # noqa: E402
from common.warm_threads import WarmThreadsMiddleware  # noqa: E402

# Seconds. Only here: a worker forks, and a connection must not be shared with a child.
settings.DATABASES["default"]["CONN_MAX_AGE"] = 60

_warm = WarmThreadsMiddleware(BodyLengthHandler())  # type: ignore[arg-type]  # Django types scopes as dict
_express = ExpressMiddleware(_warm)
_limited = BodyLimitMiddleware(MethodOverrideMiddleware(LongPatchMiddleware(_express)))
application = RequestTraceMiddleware(SenderMiddleware(_limited))
log_less()
collect_less()
