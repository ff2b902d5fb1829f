"""The settings, driven by the environment; what has a noun of its own lies in a module beside.

Every variable is documented in docs/operator-guide.md.
"""

import logging
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.account_settings import *  # noqa: F403
from config.admin_site import UNFOLD as UNFOLD
from config.api_settings import *  # noqa: F403
from config.durable_files import *  # noqa: F403
from config.durable_files import durable_files
from config.environment import (
    DATA_DIR,
    PUBLIC_URL,
    REDIS_URL,
    REPOSITORY_DIR,
    env,
    public_address,
)
from config.job_settings import *  # noqa: F403
from config.limits import *  # noqa: F403
from config.webhook_settings import *  # noqa: F403

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
if public_address.hostname and public_address.hostname not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(public_address.hostname)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# --- Applications ----------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.forms",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "knox",
    "common",
    "accounts",
    "jobs",
    "webhooks",
    "datasets",
    "classifier",
    "backup",
    "config.doctor",
]
MIDDLEWARE = [
    "common.origin.OriginMiddleware",
    "common.middleware.Utf8Middleware",
    "django.middleware.security.SecurityMiddleware",
    # Outside of the compression, which leaves out what a view itself wants kept nowhere.
    "common.middleware.PrivatePagesMiddleware",
    "common.compression.PageCompressionMiddleware",
    "common.middleware.ContentSecurityPolicyMiddleware",
    "common.secret_links.SecretLinksMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "common.middleware.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "common.middleware.DomainErrorMiddleware",
    "common.middleware.MethodNotAllowedMiddleware",
    "common.middleware.SignedOutMiddleware",
    "common.parameters.KnownParametersMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [REPOSITORY_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data ------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A server behind a network that swallows everything is given up on in seconds; the kernel alone
# would wait for a quarter of an hour. Options in DATABASE_URL go before these.
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    "tcp_user_timeout": 20_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    # The server must let go of us in the same way: what a machine that has vanished was about to
    # commit holds locks, of its job or of the whole queue, for the two hours that Linux waits.
    "options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
} | DATABASES["default"].get("OPTIONS", {})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Where images of predictions wait for a worker: a Redis that writes nothing to disk.
IMAGES_REDIS_URL = env.str("LOUPE_IMAGES_REDIS_URL", default="") or REDIS_URL
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

# What is kept (`storage.durable`), and what one machine needs for its work (`storage.scratch`).
MEDIA_ROOT = DATA_DIR / "media"
SCRATCH_DIR = Path(env.str("LOUPE_SCRATCH_DIR", default="") or DATA_DIR / "scratch").resolve()
# Django spools request bodies above 2.5 MB; the data folder has room where /tmp may not.
FILE_UPLOAD_TEMP_DIR = SCRATCH_DIR / "spool"
# Django would open what it stores to everybody, whatever the umask says.
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
_weights = env.str("LOUPE_WEIGHTS_DIR", default="")
WEIGHTS_DIR = Path(_weights).resolve() if _weights else None
# Whether new images are embedded before anyone asks.
EMBED_UNASKED = env.bool("LOUPE_EMBED_UNASKED", default=True)

# --- Pages -----------------------------------------------------------------------------------

_frontend = REPOSITORY_DIR / "platform" / "frontend"
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("LOUPE_STATIC_DIR", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [
    _frontend / "dist",
    ("css", _frontend / "css"),
    ("js", _frontend / "js"),
]
# What the export `web_page` is made of (platform/frontend/copy-dist.mjs).
WEB_PAGE = _frontend / "dist" / "offline" / "page.html"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "durable": durable_files(),
    "staticfiles": {"BACKEND": "common.static_files.ModuleManifestStorage"},
}
LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

# --- Security --------------------------------------------------------------------------------

_https = public_address.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
# Browsers that have met Loupe by https never ask it by http again, for a year from the last visit.
SECURE_HSTS_SECONDS = env.int("LOUPE_HSTS_SECONDS", default=365 * 24 * 3600) if _https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Logs ------------------------------------------------------------------------------------

LOG_FORMAT = env.str("LOUPE_LOG_FORMAT", default="text")
if LOG_FORMAT not in ("text", "json"):
    raise ImproperlyConfigured(f"LOUPE_LOG_FORMAT is text or json; received {LOG_FORMAT!r}.")
# Else Python writes warnings to standard error by itself, in lines that are no events.
logging.captureWarnings(LOG_FORMAT == "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "common.logs.SecretlessFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
        "json": {"()": "common.logs.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # uvicorn has given its own loggers handlers, without times, before it loads the application.
    "loggers": {
        "uvicorn": {"handlers": [], "level": "INFO", "propagate": True},
        "uvicorn.access": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
