"""The one settings file, driven by the environment.

Every variable is documented in docs/operator-guide.md. With none given, the servers of the
embedded default are used: `embedded` writes their addresses to `<data folder>/embedded.env`.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from common.brokers import celery_broker_url
from config.admin_site import UNFOLD as UNFOLD
from config.quotas import quota_settings
from config.sign_in import openid_settings, public_host

env = environ.Env()
REPOSITORY_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env.str("LOUPE_DATA_DIR", default=str(REPOSITORY_DIR / ".loupe"))).resolve()
_embedded_env = DATA_DIR / "embedded.env"
if _embedded_env.is_file():
    env.read_env(_embedded_env)

DEBUG = False
for required in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL"):
    if not env.str(required, default=""):
        raise ImproperlyConfigured(
            f"{required} is not set, and no embedded server has run on {DATA_DIR}. "
            "Set it, or start the embedded default once with `make run`."
        )
SECRET_KEY = env.str("SECRET_KEY")

# --- Addresses -------------------------------------------------------------------------------

_port = env.int("LOUPE_PORT", default=8000)
PUBLIC_URL = env.str(
    "LOUPE_PUBLIC_URL",
    default=f"http://{public_host(env.str('LOUPE_HOST', default=''))}:{_port}",
).rstrip("/")
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
if _public.hostname and _public.hostname not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(_public.hostname)
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
    "datasets",
    "classifier",
]
MIDDLEWARE = [
    "common.origin.OriginMiddleware",
    "common.middleware.Utf8Middleware",
    "django.middleware.security.SecurityMiddleware",
    # Outside of the compression, which leaves out what a view itself wants kept nowhere.
    "common.middleware.PrivatePagesMiddleware",
    "common.compression.PageCompressionMiddleware",
    "common.middleware.ContentSecurityPolicyMiddleware",
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
REDIS_URL = env.str("REDIS_URL")
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

STORAGE_DIR = DATA_DIR / "media"
# Django spools request bodies above 2.5 MB; the data folder has room where /tmp may not.
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
# Django would open what it stores to everybody, whatever the umask says.
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
STORAGE_DIR.mkdir(parents=True, exist_ok=True)
_weights = env.str("LOUPE_WEIGHTS_DIR", default="")
WEIGHTS_DIR = Path(_weights).resolve() if _weights else None

# --- Accounts --------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
CSRF_FAILURE_VIEW = "common.error_pages.form_too_old"
SIGNUP_OPEN = env.str("LOUPE_SIGNUP", default="open") == "open"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_FORMS = {"change_password": "accounts.forms.ChangePasswordForm"}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Loupe] "
# Without a mail server no page says that a mail is on its way, and no address can be confirmed.
_mail = env.email_url_config(env.str("EMAIL_URL", default="") or "dummymail://")
MAIL_IS_SENT = _mail["EMAIL_BACKEND"] != "django.core.mail.backends.dummy.EmailBackend"
vars().update(_mail)
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if MAIL_IS_SENT else "none"
ACCOUNT_EMAIL_NOTIFICATIONS = MAIL_IS_SENT
# In the browser where the person signed up; what they came for (an invitation) goes on there.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
DEFAULT_FROM_EMAIL = env.str("LOUPE_FROM_EMAIL", default=f"Loupe <loupe@{_public.hostname}>")
# The guesses of a password that accounts/guessing.py counts: of one address (anything, one
# account), of all addresses for one account, of a browser that the account has signed in with
# before. Then what programs ask for tokens, by address, and the codes that a person tries for them.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "login_failed_anywhere": "100/h/key",
    "login_failed_known": "5/5m/key",
    "device_request": "20/m/ip",
    "device_code": "10/5m/user",
}
# Tokens, mail addresses and second factors are changed by who has signed in just now.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
MFA_ADAPTER = "accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# There may be no mail server, and then no address is ever confirmed.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Loupe"
SOCIALACCOUNT_ADAPTER = "accounts.openid.OpenIDAdapter"
OPENID, SOCIALACCOUNT_PROVIDERS = openid_settings(env)
# Days that the audit log keeps an entry; 0: for ever.
AUDIT_KEEP_DAYS = env.int("LOUPE_AUDIT_KEEP_DAYS", default=0)
# Another role of the database than the one that migrates, which gets no more than it needs.
SERVING_ROLE = env.str("LOUPE_SERVING_ROLE", default="")
KNOX_TOKEN_MODEL = "accounts.APIToken"  # noqa: S105
# knox's own migrations would make its table too, that nothing uses and no flush could empty.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_PREFIX": "loupe_",
    "TOKEN_TTL": timedelta(days=90),
}

# --- API -------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.APITokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.authentication.HasTokenScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["common.filters.AllowListFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "common.pagination.NewestFirstPagination",
    "DEFAULT_SCHEMA_CLASS": "jobs.schema.Schema",
    "EXCEPTION_HANDLER": "common.problems.problem_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Loupe",
    "DESCRIPTION": "Image classification: datasets, training, evaluation, registry, prediction.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "FindingKindEnum": "datasets.models.FindingKind",
        "JobStatusEnum": "jobs.models.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "common.schema.complete",
    ],
}

# --- Jobs ------------------------------------------------------------------------------------

CELERY_BROKER_URL = celery_broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "io"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
# A worker waits for Redis as long as it takes, and says so in its log.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
}

# Timings of jobs, in seconds (docs/operator-guide.md says when to change which).
# A worker owns a job until its lease ends; it renews it, and gives up before others may take over.
JOB_LEASE_SECONDS = env.float("LOUPE_JOB_LEASE_SECONDS", default=120)
JOB_RENEW_SECONDS = env.float("LOUPE_JOB_RENEW_SECONDS", default=10)
JOB_GIVE_UP_SECONDS = env.float("LOUPE_JOB_GIVE_UP_SECONDS", default=90)
# How often a worker looks whether its job was cancelled.
JOB_POLL_SECONDS = env.float("LOUPE_JOB_POLL_SECONDS", default=1)
JOB_RELAY_SECONDS = env.float("LOUPE_JOB_RELAY_SECONDS", default=3)
JOB_REAP_SECONDS = env.float("LOUPE_JOB_REAP_SECONDS", default=15)
JOB_TIDY_SECONDS = env.float("LOUPE_JOB_TIDY_SECONDS", default=120)
JOB_REPUBLISH_SECONDS = env.float("LOUPE_JOB_REPUBLISH_SECONDS", default=60)
JOB_RETRY_SECONDS = env.list("LOUPE_JOB_RETRY_SECONDS", cast=float, default=[10, 40, 160])
# From the request to stop to SIGKILL, for a cancelled job and for a worker that shuts down.
JOB_CANCEL_GRACE_SECONDS = env.float("LOUPE_JOB_CANCEL_GRACE_SECONDS", default=8)
JOB_STOP_GRACE_SECONDS = env.float("LOUPE_JOB_STOP_GRACE_SECONDS", default=30)
JOB_STALL_SECONDS = env.float("LOUPE_JOB_STALL_SECONDS", default=30 * 60)
JOB_TIME_LIMIT_SECONDS = env.float("LOUPE_JOB_TIME_LIMIT_SECONDS", default=7 * 24 * 3600)
# What a training may take where its run says nothing else, and at most what any job may.
TRAINING_TIME_LIMIT_SECONDS = min(
    env.int("LOUPE_TRAINING_TIME_LIMIT_SECONDS", default=24 * 3600), int(JOB_TIME_LIMIT_SECONDS)
)
# How long a failed or cancelled job keeps what a retry needs (uploads, checkpoints).
JOB_RETRY_WINDOW_SECONDS = env.float("LOUPE_JOB_RETRY_WINDOW_SECONDS", default=7 * 24 * 3600)
IDEMPOTENCY_KEY_SECONDS = env.float("LOUPE_IDEMPOTENCY_KEY_SECONDS", default=24 * 3600)
# Imported, and nothing run, in the warm process that starts the jobs of kinds with `preload`.
JOB_PRELOAD_MODULES = ["classifier.engine.fit.training"]
# What people call it while they wait for that.
JOB_PRELOAD_TITLE = "TensorFlow"
# Scrapers send this token. If it is unset, only staff can read the metrics.
METRICS_TOKEN = env.str("LOUPE_METRICS_TOKEN", default="")
CELERY_BEAT_SCHEDULE = {
    name: {
        "task": f"jobs.{name}",
        "schedule": seconds,
        # A run that could not start in time is not made up for: the next one does its work.
        "options": {"queue": "beat", "expires": max(seconds, 5)},
    }
    for name, seconds in {
        "relay": JOB_RELAY_SECONDS,
        "reap": JOB_REAP_SECONDS,
        "tidy": JOB_TIDY_SECONDS,
    }.items()
}

# --- Uploads ---------------------------------------------------------------------------------

MIB = 1 << 20
ARCHIVE_MAX_BYTES = env.int("LOUPE_ARCHIVE_MAX_BYTES", default=2048 * MIB)
ARCHIVE_MAX_ENTRIES = env.int("LOUPE_ARCHIVE_MAX_ENTRIES", default=100_000)
ARCHIVE_MAX_EXPANDED_BYTES = env.int("LOUPE_ARCHIVE_MAX_EXPANDED_BYTES", default=10_240 * MIB)
ARCHIVE_MAX_RATIO = env.int("LOUPE_ARCHIVE_MAX_RATIO", default=100)
ARCHIVE_MAX_WHOLE_RATIO = env.int("LOUPE_ARCHIVE_MAX_WHOLE_RATIO", default=400)
ARCHIVE_RATIO_FROM_BYTES = env.int("LOUPE_ARCHIVE_RATIO_FROM_BYTES", default=10 * MIB)
IMAGE_MAX_BYTES = env.int("LOUPE_IMAGE_MAX_BYTES", default=200 * MIB)
IMAGE_MAX_PIXELS = env.int("LOUPE_IMAGE_MAX_PIXELS", default=50_000_000)
# All images of one prediction together; and how many predictions of a person, and of an
# organization, are under way at a time.
PREDICT_MAX_PIXELS = env.int("LOUPE_PREDICT_MAX_PIXELS", default=400_000_000)
PREDICT_IN_FLIGHT = env.int("LOUPE_PREDICT_IN_FLIGHT", default=8)
# Requests that are worked on at a time, each with a connection to Postgres; one person has a third
# of them at most. Then how long a request waits for its turn, and the event streams of one person.
REQUEST_THREADS = env.int("LOUPE_REQUEST_THREADS", default=24)
REQUEST_WAIT_SECONDS = env.float("LOUPE_REQUEST_WAIT_SECONDS", default=10)
EVENT_STREAMS_PER_PERSON = env.int("LOUPE_EVENT_STREAMS_PER_PERSON", default=40)
# What a request may have without an account or a token; how much of the data folder's disk stays
# free; how fast a body comes in at least, after a grace in seconds.
ANONYMOUS_MAX_BYTES = env.int("LOUPE_ANONYMOUS_MAX_BYTES", default=MIB)
FREE_DISK_BYTES = env.int("LOUPE_FREE_DISK_BYTES", default=1024 * MIB)
REQUEST_MIN_BYTES_PER_SECOND = env.int("LOUPE_REQUEST_MIN_BYTES_PER_SECOND", default=8 << 10)
REQUEST_GRACE_SECONDS = env.float("LOUPE_REQUEST_GRACE_SECONDS", default=30)
# Counted before authentication; an archive's address may receive ARCHIVE_MAX_BYTES.
REQUEST_MAX_BYTES = env.int("LOUPE_REQUEST_MAX_BYTES", default=256 * MIB)

# Uploads that can be resumed: how many one person may have open, how long one may stand still.
UPLOADS_PER_PERSON = env.int("LOUPE_UPLOADS_PER_PERSON", default=10)
UPLOAD_KEEP_SECONDS = env.float("LOUPE_UPLOAD_KEEP_SECONDS", default=24 * 3600)
# Processes that decode images of requests, on one machine (0: as many as processors, at least two),
# and how long an upload waits for one.
UPLOAD_DECODERS = env.int("LOUPE_UPLOAD_DECODERS", default=0)
UPLOAD_WAIT_SECONDS = env.float("LOUPE_UPLOAD_WAIT_SECONDS", default=20)

# --- Quotas ----------------------------------------------------------------------------------

# What each organization may have where an operator has set nothing else (admin site,
# Organizations), and each person; None bounds nothing.
QUOTAS = quota_settings(
    env,
    bytes=100 * 1024 * MIB,
    images=1_000_000,
    datasets=1_000,
    jobs=500,
    predictions_per_hour=100_000,
    organizations_per_person=50,
    tokens_per_person=100,
)

# --- Pages -----------------------------------------------------------------------------------

_frontend = REPOSITORY_DIR / "platform" / "frontend"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [
    _frontend / "dist",
    ("css", _frontend / "css"),
    ("js", _frontend / "js"),
]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": STORAGE_DIR},
    },
    "staticfiles": {"BACKEND": "common.static_files.ModuleManifestStorage"},
}
LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

# --- Security --------------------------------------------------------------------------------

_https = _public.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
# Browsers that have met Loupe by https never ask it by http again, for a year from the last visit.
SECURE_HSTS_SECONDS = env.int("LOUPE_HSTS_SECONDS", default=365 * 24 * 3600) if _https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Logs ------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "common.logs.SecretlessFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # uvicorn has given its own loggers handlers, without times, before it loads the application.
    "loggers": {
        "uvicorn": {"handlers": [], "level": "INFO", "propagate": True},
        "uvicorn.access": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
