"""All settings, read from the environment. Every variable is documented in .env.example and in docs/configuration.md.

Two deployments share this file. `embedded` (the default) keeps everything below VAR_DIR and creates its own secrets.
`production` requires secrets, hosts and servers to be set, and refuses to start if a secret is missing, short or the
example's.
"""

import os
import re
import sys
from datetime import timedelta
from email.headerregistry import Address
from pathlib import Path

import environ
from corsheaders.defaults import default_headers
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from config.embedded.folder import read_or_create_secret, socket_path
from config.environment.contradictions import (
    check_host_forms,
    check_hosts_are_named,
    check_https,
    check_origin_forms,
    check_production,
    check_sender,
)
from config.environment.origins import host_of
from config.environment.redis_url import celery_broker, check_redis_url, password_of
from config.environment.variables import MIN_SECRET_LENGTH, Variables, is_weak
from config.logs.processes import process_kind

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))
read = Variables(env)

# ---------------------------------------------------------------------------------------------------------------------
# Deployment and secrets
# ---------------------------------------------------------------------------------------------------------------------
DEPLOYMENT = env.str("DEPLOYMENT", default="embedded")
if DEPLOYMENT not in {"embedded", "production"}:
    raise ImproperlyConfigured(f"DEPLOYMENT must be 'embedded' or 'production', not {DEPLOYMENT!r}.")
EMBEDDED = DEPLOYMENT == "embedded"
DEBUG = read.truth("DEBUG", default=False)

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()


def _secret(name: str) -> str:
    """Return the secret `name` from the environment or, if it is not set, from the embedded deployment's own folder.

    Raises:
        ImproperlyConfigured: the secret is short or the example's, or it is missing in production.
    """
    value: str = env.str(name, default="")
    if not value and EMBEDDED:
        return read_or_create_secret(VAR_DIR / "secrets", name.lower())
    if is_weak(value):
        raise ImproperlyConfigured(f"{name} must be set to a secret of at least {MIN_SECRET_LENGTH} characters.")
    return value


SECRET_KEY = _secret("SECRET_KEY")
JWT_SIGNING_KEY = _secret("JWT_SIGNING_KEY")
if SECRET_KEY == JWT_SIGNING_KEY:
    raise ImproperlyConfigured("JWT_SIGNING_KEY must differ from SECRET_KEY.")
# What these former keys have signed is still accepted, but they sign nothing new.
SECRET_KEY_FALLBACKS = read.fallbacks("SECRET_KEY_FALLBACKS", present=SECRET_KEY)
JWT_SIGNING_KEY_FALLBACKS = read.fallbacks("JWT_SIGNING_KEY_FALLBACKS", present=JWT_SIGNING_KEY)
if {SECRET_KEY, *SECRET_KEY_FALLBACKS} & {JWT_SIGNING_KEY, *JWT_SIGNING_KEY_FALLBACKS}:
    raise ImproperlyConfigured(
        "JWT_SIGNING_KEY and JWT_SIGNING_KEY_FALLBACKS must not share a secret with SECRET_KEY and "
        "SECRET_KEY_FALLBACKS."
    )


# ---------------------------------------------------------------------------------------------------------------------
# The site's own name, colour and links
# ---------------------------------------------------------------------------------------------------------------------
# Pages and emails show these through the tags of config.web.site.
SITE_NAME = read.site_name("SITE_NAME", default="Event manager")
# #rrggbb, or empty for the green of static/css/base.css.
SITE_ACCENT = read.accent("SITE_ACCENT")
# Labels and URLs; `privacy`, `imprint` and `contact` are translated.
SITE_LINKS = read.links("SITE_LINKS")


# ---------------------------------------------------------------------------------------------------------------------
# Ports, hosts, origins and HTTPS
# ---------------------------------------------------------------------------------------------------------------------
def _port(name: str, value: str) -> int:
    """Return the port number `value` of the variable `name`."""
    if not (value.isdecimal() and 0 < int(value) < 65536):
        raise ImproperlyConfigured(f"{name} must be a port from 1 to 65535, not {value!r}.")
    return int(value)


PORT = _port("PORT", env.str("PORT", default="") or "8000")
# The port of the feed's Daphne; None means the same origin as the pages (behind a proxy, or under runserver).
_feed_port = env.str("FEED_PORT", default="8001" if EMBEDDED else "")
FEED_PORT = _port("FEED_PORT", _feed_port) if _feed_port else None

ALLOWED_HOSTS = read.listed("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"] if EMBEDDED else [])
# Scheme, host and port of the pages, exactly as browsers send them in Origin.
ALLOWED_ORIGINS = read.listed(
    "ALLOWED_ORIGINS", default=[f"http://localhost:{PORT}", f"http://127.0.0.1:{PORT}"] if EMBEDDED else []
)
if not EMBEDDED and not (ALLOWED_HOSTS and ALLOWED_ORIGINS):
    raise ImproperlyConfigured("ALLOWED_HOSTS and ALLOWED_ORIGINS must be set in production.")
if not EMBEDDED:
    check_hosts_are_named(ALLOWED_HOSTS)
check_host_forms(ALLOWED_HOSTS)
check_origin_forms("ALLOWED_ORIGINS", ALLOWED_ORIGINS)
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS
# Pages of these origins may call the API with a token, but without cookies.
CORS_ALLOWED_ORIGINS = read.listed("CORS_ALLOWED_ORIGINS", default=[])
check_origin_forms("CORS_ALLOWED_ORIGINS", CORS_ALLOWED_ORIGINS)
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-match", "if-none-match"]
CORS_EXPOSE_HEADERS = ["ETag", "Location", "Retry-After", "X-Request-ID"]

HTTPS = read.truth("HTTPS", default=not EMBEDDED)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = read.whole("HSTS_SECONDS", default=31_536_000 if HTTPS else 0, least=0)
check_https(ALLOWED_ORIGINS, https=HTTPS, hsts_seconds=SECURE_HSTS_SECONDS)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Whether to trust X-Forwarded-Proto, X-Real-IP and X-Request-ID. A proxy in front must always set them, whatever the
# client sends. It is also what answers that it may share are marked for (config/web/sharing.py).
TRUST_PROXY = read.truth("TRUST_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = None  # PageHeadersMiddleware sends it with everything but static files
X_FRAME_OPTIONS = "DENY"

# ---------------------------------------------------------------------------------------------------------------------
# Applications
# ---------------------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    # Its runserver serves sockets as well. Other processes save half a second and 17 MB without it.
    *(["daphne"] if process_kind(sys.argv) == "runserver" else []),
    "django.contrib.admin.apps.SimpleAdminConfig",  # config.urls imports the admins, which only web needs
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "config.web.static_files.StaticFiles",
    "django.forms",  # FORM_RENDERER finds the widgets' templates through it
    "channels",
    "corsheaders",
    "csp",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
    "config",  # for its commands
    "accounts",
    "events",
    "notifications",
]

MIDDLEWARE = [
    "config.web.middleware.short_chain.ShortChainMiddleware",
    "config.web.middleware.request_log.RequestLogMiddleware",
    "config.web.middleware.metrics.MetricsMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.web.middleware.problems.ProblemMiddleware",
    "config.web.middleware.headers.NoStoreMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.web.middleware.static_files.StaticFilesMiddleware",
    "config.web.middleware.headers.PageHeadersMiddleware",
    "config.web.middleware.pages.PageCompressionMiddleware",
    "config.web.middleware.pages.LocaleMiddleware",
    "config.web.middleware.headers.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.web.middleware.rates.RateLimitMiddleware",
    "config.web.middleware.conditional.ConditionalReadMiddleware",
    "config.web.middleware.pages.PageMethodsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.web.middleware.pages.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "accounts.middleware.TimeMiddleware",
    "accounts.middleware.BrowserSessionMiddleware",
    "config.web.middleware.rates.WriteLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
# What does nothing for a request to the API that has no session.
LEFT_OUT_WITHOUT_SESSION = [
    "config.web.middleware.short_chain.ShortChainMiddleware",
    "config.web.middleware.static_files.StaticFilesMiddleware",
    "config.web.middleware.pages.PageCompressionMiddleware",
    "config.web.middleware.pages.PageMethodsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "accounts.middleware.BrowserSessionMiddleware",
    "config.web.middleware.rates.WriteLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "notifications.context_processors.feed",
            ],
            "builtins": ["config.web.fragments", "config.web.site"],
            "libraries": {"lucide": "config.web.icons"},
        },
    },
]

# ---------------------------------------------------------------------------------------------------------------------
# Database
# ---------------------------------------------------------------------------------------------------------------------
_database_default = f"sqlite:///{VAR_DIR / 'events.sqlite3'}" if EMBEDDED else environ.Env.NOTSET
try:
    DATABASES = {"default": env.db_url("DATABASE_URL", default=_database_default)}
except ValueError:  # its message may quote a part of the password
    raise ImproperlyConfigured("DATABASE_URL must be mysql://user:password@host:port/name.") from None
_database = DATABASES["default"]
# For how many seconds a connection is kept: 60 in web, 0 in feed and workers (under ASGI a kept connection leaks).
_database["CONN_MAX_AGE"] = read.whole("DB_CONN_MAX_AGE_SECONDS", default=0, least=0)
_database["CONN_HEALTH_CHECKS"] = True
_database.setdefault("OPTIONS", {})  # from the URL's query string, e.g. ?unix_socket=/run/mysqld/mysqld.sock
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] |= {
        # A deferred transaction would fail at once, instead of waiting for the lock, when it begins to write.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # With FULL, a commit that was confirmed survives a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    _database["OPTIONS"] |= {
        "charset": "utf8mb4",
        "connect_timeout": 5,
        # If the server stops answering, raise an error instead of waiting for ever. 0 waits without a limit.
        "read_timeout": read.whole("DB_READ_TIMEOUT_SECONDS", default=30, least=0),
        # Under REPEATABLE READ the sweep's INSERT ... SELECT would block people who subscribe.
        "isolation_level": "read committed",
        "init_command": "SET time_zone='+00:00', sql_mode='STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
        "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
        # Four attempts of a service must take less time than the minute of rows that the feed's position check reads.
        ", innodb_lock_wait_timeout=10"
        # Reading the same rows by two indexes takes longer than reading them by the one that is meant for them.
        ", optimizer_switch='index_merge_intersection=off'"
        # MariaDB only: without this it turns long IN lists into subqueries, and reads whole events instead of the rows.
        " /*M!100603 , in_predicate_conversion_threshold=0 */",
    }

# ---------------------------------------------------------------------------------------------------------------------
# Redis: Celery's broker and the two channel layers
# ---------------------------------------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default=f"unix://{socket_path(VAR_DIR)}" if EMBEDDED else "")
if not REDIS_URL:
    raise ImproperlyConfigured("REDIS_URL must be set in production.")
check_redis_url(REDIS_URL)

PUSH_TIMEOUT_SECONDS = 0.5
# The limit for all messages of a batch together. There may be hundreds, so a Redis that answers each of them slowly
# would hold up the sweep.
PUSH_BATCH_TIMEOUT_SECONDS = 2
_layer = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}
CHANNEL_LAYERS = {
    # The feed's layer has no timeout, because it waits on its socket until something is published.
    "default": {
        **_layer,
        "CONFIG": {
            "hosts": [
                {
                    "address": REDIS_URL,
                    "socket_timeout": None,
                    "socket_connect_timeout": 5,
                }
            ]
        },
    },
    # The publishers' layer has a short timeout, because a silent Redis must not hold up a request or the sweep.
    "push": {
        **_layer,
        "CONFIG": {
            "hosts": [
                {
                    "address": REDIS_URL,
                    "socket_timeout": PUSH_TIMEOUT_SECONDS,
                    "socket_connect_timeout": PUSH_TIMEOUT_SECONDS,
                }
            ]
        },
    },
}
# After a failure, Redis is not used for this long. Meanwhile the feed's position check delivers notifications, and each
# process counts rate limits for itself.
REDIS_BREAKER_SECONDS = 5

# `check_heartbeat` reports a sweep as dead after a minute, so the interval has to be well below that.
NOTIFICATION_SWEEP_SECONDS = read.seconds("NOTIFICATION_SWEEP_SECONDS", default=1.0, least=0.1, most=30)
CELERY_BROKER_URL, CELERY_BROKER_USE_SSL = celery_broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "notifications.sweep",
        "schedule": NOTIFICATION_SWEEP_SECONDS,
        # Celery sends this as an absolute time of beat's clock. It is long enough for hosts whose clocks differ, and
        # short enough to drop a backlog.
        "options": {"queue": "sweep", "expires": 30},
    },
}
# Beat touches this file at each tick, so that a health check can look at its age. Empty: none.
BEAT_TICK_FILE = env.str("BEAT_TICK_FILE", default="")


# ---------------------------------------------------------------------------------------------------------------------
# Rate limits
# ---------------------------------------------------------------------------------------------------------------------
def _rate(name: str, default: str) -> str:
    """Return the rate `name`: "5/m" is five a minute, "5/10m" five in ten minutes; s, m, h and d are possible."""
    value: str = env.str(name, default=default)
    if not re.fullmatch(r"[1-9]\d{0,6}/([1-9]\d{0,3})?[smhd]", value):
        raise ImproperlyConfigured(f"{name} must be a rate like 5/m or 10/5m, not {value!r}.")
    return value


RATE_LIMIT_ENABLED = read.truth("RATE_LIMIT_ENABLED", default=True)
RATE_LIMITS = {
    # All requests of a network, except for static files and health checks.
    "requests": _rate("RATE_LIMIT_REQUESTS_PER_ADDRESS", "50/s"),
    "login_by_address": _rate("RATE_LIMIT_LOGINS_PER_ADDRESS", "10/m"),
    # Slows an attack that comes from many networks. The account's owner has to wait as long as the attacker, but no
    # longer.
    "login_by_account": _rate("RATE_LIMIT_LOGINS_PER_ACCOUNT", "10/5m"),
    "signup": _rate("RATE_LIMIT_SIGNUPS_PER_ADDRESS", "20/h"),
    # Requests for links to verify an email address or to reset a password. ACCOUNT_MAILS_PER_HOUR limits how many
    # emails each recipient gets.
    "mail": _rate("RATE_LIMIT_MAILS_PER_ADDRESS", "20/h"),
    "refresh": _rate("RATE_LIMIT_REFRESHES_PER_ADDRESS", "60/m"),
    "writes": _rate("RATE_LIMIT_WRITES_PER_USER", "120/m"),
    "export": _rate("RATE_LIMIT_EXPORTS_PER_USER", "10/h"),
    "announce": _rate("RATE_LIMIT_ANNOUNCEMENTS_PER_USER", "30/h"),
    "report": _rate("RATE_LIMIT_REPORTS_PER_USER", "20/h"),
    "import": _rate("RATE_LIMIT_IMPORTS_PER_USER", "20/h"),
}
# These are settings of django-ratelimit.
RATELIMIT_ENABLE = RATE_LIMIT_ENABLED
RATELIMIT_USE_CACHE = "counters"
_counters_timeout_seconds = 0.5
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "counters": {
        "BACKEND": "config.limits.counters.CounterCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {
            "socket_timeout": _counters_timeout_seconds,
            "socket_connect_timeout": _counters_timeout_seconds,
            # Retry once, in case Redis was restarted and so closed the connection. Do not retry after a timeout,
            # because that would mean waiting again.
            "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        },
    },
}

# ---------------------------------------------------------------------------------------------------------------------
# People
# ---------------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "events:home"
LOGOUT_REDIRECT_URL = "events:home"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# How long the session of an unused browser lasts. `accounts.middleware` renews sessions that are in use.
SESSION_COOKIE_AGE = read.whole("SESSION_DAYS", default=30, least=1, most=3_650) * 24 * 60 * 60

# ---------------------------------------------------------------------------------------------------------------------
# Emails, which `manage.py send_mail --loop` sends
# ---------------------------------------------------------------------------------------------------------------------
_mail_scheme, _mail = read.mail_server("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail["EMAIL_HOST"] or "localhost"
EMAIL_PORT = _mail["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"]
# The limit for each answer of the server. It can be long, because only the mailer waits.
EMAIL_TIMEOUT = read.whole("EMAIL_TIMEOUT_SECONDS", default=60, least=1)
_sender = env.str("EMAIL_FROM", default="").strip()
if _sender:
    check_sender(_sender, is_production=not EMBEDDED)
_sender_host = "localhost" if EMBEDDED else host_of(ALLOWED_ORIGINS[0])
DEFAULT_FROM_EMAIL = _sender or str(Address(SITE_NAME, "events", _sender_host))
EMAIL_ESCALATION_MINUTES = read.whole("EMAIL_ESCALATION_MINUTES", default=10, least=0, most=10_080)
EMAIL_VERIFICATION_DAYS = 3
# How long a replaced email address is reserved and can take its account back. This right is the row of the email that
# was sent to it, so the time must be less than the 30 days for which emails are kept.
EMAIL_UNDO_DAYS = 7
PASSWORD_RESET_TIMEOUT = 2 * 60 * 60
# How many emails of one kind one address is sent at most, so that nobody can fill a stranger's mailbox.
ACCOUNT_MAILS_PER_HOUR = 5

if not EMBEDDED:
    check_production(
        ALLOWED_HOSTS,
        ALLOWED_ORIGINS,
        https=HTTPS,
        debug=DEBUG,
        feed_port=FEED_PORT,
        mail_scheme=_mail_scheme,
    )

# ---------------------------------------------------------------------------------------------------------------------
# Events, reminders and the feed
# ---------------------------------------------------------------------------------------------------------------------
MAX_EVENTS_PER_USER = read.whole("MAX_EVENTS_PER_USER", default=500, least=0)
MAX_SUBSCRIPTIONS_PER_USER = read.whole("MAX_SUBSCRIPTIONS_PER_USER", default=1000, least=0)
# The same bounds apply to the leads that people choose (accounts.models).
DEFAULT_REMINDER_LEADS = read.wholes(
    "DEFAULT_REMINDER_LEADS_MINUTES", default=[24 * 60], least=0, most=43_200, count=10
)
# When reminders of all-day events are sent, in the time zone of the event.
ALL_DAY_REMINDER_HOUR = read.whole("ALL_DAY_REMINDER_HOUR", default=9, least=0, most=23)
ANNOUNCEMENT_MERGE_SECONDS = read.whole("ANNOUNCEMENT_MERGE_SECONDS", default=60, least=0, most=3_600)
ANNOUNCEMENTS_PER_HOUR = read.whole("ANNOUNCEMENTS_PER_HOUR", default=10, least=0)
FEED_POSITION_CHECK_SECONDS = read.seconds("FEED_POSITION_CHECK_SECONDS", default=5.0, least=0.1, most=3_600)
FEED_TICKET_SECONDS = 30
FEED_AUTHENTICATION_SECONDS = 5
# Limits of each feed process: sockets of one user, sockets of one network, and frames that one socket sends within any
# FEED_FRAME_WINDOW_SECONDS.
FEED_MAX_SOCKETS_PER_USER = read.whole("FEED_MAX_SOCKETS_PER_USER", default=5, least=1)
FEED_MAX_SOCKETS_PER_ADDRESS = read.whole("FEED_MAX_SOCKETS_PER_ADDRESS", default=200, least=1)
FEED_MAX_FRAMES = read.whole("FEED_MAX_FRAMES", default=20, least=1)
FEED_FRAME_WINDOW_SECONDS = 10

# ---------------------------------------------------------------------------------------------------------------------
# Bodies of requests
# ---------------------------------------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# Files are not counted by the setting above. Only the page that imports calendars reads one (config/web/uploads.py).
FILE_UPLOAD_HANDLERS = ["config.web.uploads.NoFiles"]
DATA_UPLOAD_MAX_NUMBER_FILES = 1

# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.callers.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["config.api.throttles.WriteThrottle"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.api.negotiation.ContentNegotiation",
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["config.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "config.api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api.problems.problem_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,
    # The clocks of hosts differ, so a token that one host has just signed may lie in the future for another.
    "LEEWAY": 10,
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "AUTH_TOKEN_CLASSES": ("accounts.tokens.AccessToken",),
    "ISSUER": "event-manager",
    "AUDIENCE": "event-manager-api",
}
SPECTACULAR_SETTINGS = {
    "TITLE": SITE_NAME,
    "DESCRIPTION": "Post events, subscribe, never miss one. Errors are RFC 9457 problem details with a stable "
    "`code`. Authenticate with `Authorization: Bearer <access token>` or a browser session. "
    "The live feed is a WebSocket: [how it works](/api/docs/feed/).",
    "VERSION": "1",
    "DEFAULT_GENERATOR_CLASS": "config.api.schema.WrittenOnce",
    "SERVERS": [{"url": "/"}],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api.schema.add_common_problems",
    ],
}

# ---------------------------------------------------------------------------------------------------------------------
# Pages
# ---------------------------------------------------------------------------------------------------------------------
# To add a language, add a line here and run `make messages`, which creates its folder below locale/.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_CODE = read.choice("DEFAULT_LANGUAGE", default="en", choices=[code for code, _ in LANGUAGES])
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LOCALE_PATHS = [BASE_DIR / "locale"]
# English dates and times are for readers anywhere: 18:00, 4 December, weeks that begin on Monday.
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "config.web.static_files.ModuleStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
# config.web.middleware.headers widens connect-src for each request, and style-src below /api/ and /admin/.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# ---------------------------------------------------------------------------------------------------------------------
# Metrics
# ---------------------------------------------------------------------------------------------------------------------
# Whether metrics are collected. web serves its own at /metrics, the other processes theirs on METRICS_PORT.
METRICS = read.truth("METRICS", default=False)
# The port on which feed, worker, sweeper and mailer serve their metrics; None: nowhere.
_metrics_port = env.str("METRICS_PORT", default="")
METRICS_PORT = _port("METRICS_PORT", _metrics_port) if _metrics_port and METRICS else None
METRICS_ADDRESS = env.str("METRICS_ADDRESS", default="") or "127.0.0.1"
# The folder in which the processes of one service share metrics. It has to be empty when the service starts. Commands
# that run beside them, such as health checks, must not use it, because each would leave its files there.
if not (METRICS and process_kind(sys.argv) in {"web", "worker"} and read.folder("PROMETHEUS_MULTIPROC_DIR")):
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)  # or its client would write files there

# ---------------------------------------------------------------------------------------------------------------------
# Logging
# ---------------------------------------------------------------------------------------------------------------------
LOG_FORMAT = read.choice("LOG_FORMAT", default="text", choices=["text", "json"])
LOG_SLOW_REQUEST_SECONDS = read.seconds("LOG_SLOW_REQUEST_SECONDS", default=1.0, least=0.01, most=3_600)
# The deployment's own secrets, which are left out of logs and of reports to Sentry.
LOG_SECRETS = [
    *(SECRET_KEY, *SECRET_KEY_FALLBACKS, JWT_SIGNING_KEY, *JWT_SIGNING_KEY_FALLBACKS),
    *(password_of(REDIS_URL), str(_database.get("PASSWORD") or ""), EMAIL_HOST_PASSWORD),
]
LOGGING_CONFIG = "config.logs.setup.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.logs.lines.JsonLines" if LOG_FORMAT == "json" else "config.logs.lines.TextLines",
            "secrets": LOG_SECRETS,
        }
    },
    "filters": {
        "without_traceback": {"()": "config.logs.redaction.WithoutTraceback"},
        "once_a_minute": {"()": "config.logs.outages.OnceAMinute"},
        "traceback_once_a_minute": {"()": "config.logs.outages.TracebackOnceAMinute"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": read.choice("LOG_LEVEL", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"]),
    },
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # The requests that runserver logs. Its own handler would write their URLs unredacted.
        "django.server": {"handlers": [], "propagate": True},
        "django.security.DisallowedHost": {"filters": ["without_traceback"]},
        # Celery would log each request for a sweep, and each sweep.
        "celery": {"level": "WARNING"},
        # Beat and the feed's receiver retry every second while Redis is down.
        "celery.beat": {"filters": ["once_a_minute"]},
        "channels_redis.pubsub": {"filters": ["once_a_minute"]},
        # While the database is down, all requests and sweeps fail alike.
        "config.web.middleware.problems": {"filters": ["traceback_once_a_minute"]},
        "celery.app.trace": {"filters": ["traceback_once_a_minute"]},
    },
}

# ---------------------------------------------------------------------------------------------------------------------
# Sentry
# ---------------------------------------------------------------------------------------------------------------------
SENTRY_DSN = read.sentry_dsn("SENTRY_DSN")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", default="") or DEPLOYMENT
SENTRY_RELEASE = env.str("SENTRY_RELEASE", default="")
