"""People: signing in and up, mail, second factors, tokens, the audit log."""

from datetime import timedelta

from config.environment import env, public_address
from config.sign_in import openid_settings

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
ACCOUNT_DEFAULT_HTTP_PROTOCOL = public_address.scheme
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Loupe] "
# Without a mail server no page says that a mail is on its way, and no address can be confirmed.
_mail = env.email_url_config(env.str("EMAIL_URL", default="") or "dummymail://")
MAIL_IS_SENT = _mail["EMAIL_BACKEND"] != "django.core.mail.backends.dummy.EmailBackend"
vars().update(_mail)
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if MAIL_IS_SENT else "none"
ACCOUNT_EMAIL_NOTIFICATIONS = MAIL_IS_SENT
# In the browser where the person signed up; what they came for (an invitation) goes on there.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
DEFAULT_FROM_EMAIL = env.str("LOUPE_FROM_EMAIL", default=f"Loupe <loupe@{public_address.hostname}>")
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
# Whether the admin site opens to staff only who have set up a second factor.
STAFF_NEED_SECOND_FACTOR = env.bool("LOUPE_STAFF_NEED_SECOND_FACTOR", default=False)
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
# With it the migration makes that role.
SERVING_PASSWORD = env.str("LOUPE_SERVING_PASSWORD", default="")
KNOX_TOKEN_MODEL = "accounts.APIToken"  # noqa: S105
# knox's own migrations would make its table too, that nothing uses and no flush could empty.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_PREFIX": "loupe_",
    "TOKEN_TTL": timedelta(days=90),
}
