"""Pages about organizations and tokens.

The file stands at the root: a slug could be named like a page.
"""

from django.urls import path

from accounts.views import devices, invitations, organizations, sessions, shares, tokens

app_name = "accounts"
_organization = "organizations/<slug:slug>/"
urlpatterns = [
    path("organizations/", organizations.FirstOrganization.as_view(), name="organizations"),
    path("new-organization/", organizations.OrganizationNew.as_view(), name="organization_new"),
    path("device/", devices.DevicePage.as_view(), name="device"),
    path("device/decide/", devices.DeviceDecision.as_view(), name="device_decide"),
    path("sessions/", sessions.SessionsPage.as_view(), name="sessions"),
    path("sessions/<int:session_id>/end/", sessions.SessionEnd.as_view(), name="session_end"),
    path("sessions/end-all/", sessions.EndEverything.as_view(), name="sessions_end_all"),
    path("sessions/notices/seen/", sessions.NoticesSeen.as_view(), name="sign_ins_seen"),
    path(_organization, organizations.OrganizationPage.as_view(), name="organization"),
    path(
        f"{_organization}members/<uuid:membership_id>/role/",
        organizations.MemberRole.as_view(),
        name="member_role",
    ),
    path(
        f"{_organization}members/<uuid:membership_id>/remove/",
        organizations.MemberRemove.as_view(),
        name="member_remove",
    ),
    path(
        f"{_organization}invitations/",
        organizations.InvitationNew.as_view(),
        name="invitation_new",
    ),
    path(
        f"{_organization}invitations/<uuid:invitation_id>/withdraw/",
        organizations.InvitationWithdraw.as_view(),
        name="invitation_withdraw",
    ),
    path("invitations/<str:secret>/", invitations.InvitationPage.as_view(), name="invitation"),
    path("shares/<uuid:share_id>/accept/", shares.ShareAccept.as_view(), name="share_accept"),
    path("shares/<uuid:share_id>/end/", shares.ShareEnd.as_view(), name="share_end"),
    path("tokens/", tokens.TokensPage.as_view(), name="tokens"),
    path("tokens/<uuid:token_id>/revoke/", tokens.TokenRevoke.as_view(), name="token_revoke"),
]
