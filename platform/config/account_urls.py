"""The addresses of django-allauth that Loupe offers, under /accounts/.

allauth's own list has more: a page of sessions that ours replaces, and addresses of older releases.
"""

from allauth.socialaccount.providers.openid_connect.views import callback
from django.urls import include, path

from accounts.views.openid import OpenIDLogin
from accounts.views.password_reset import PasswordReset

urlpatterns = [
    # Before allauth's own page at this address.
    path("password/reset/", PasswordReset.as_view(), name="account_reset_password"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("3rdparty/", include("allauth.socialaccount.urls")),
    path("oidc/<str:provider_id>/login/", OpenIDLogin.as_view(), name="openid_connect_login"),
    path("oidc/<str:provider_id>/login/callback/", callback, name="openid_connect_callback"),
]
