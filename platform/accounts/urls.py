"""Pages about teams and tokens, under /team/."""

from django.urls import path

from accounts.views import invitations, team, tokens

app_name = "accounts"
_organization = "organizations/<slug:slug>/"
urlpatterns = [
    path("", team.TeamPage.as_view(), name="team"),
    path("tokens/", tokens.TokensPage.as_view(), name="tokens"),
    path("tokens/<uuid:token_id>/revoke/", tokens.TokenRevoke.as_view(), name="token_revoke"),
    path("new/", team.OrganizationNew.as_view(), name="organization_new"),
    path(_organization, team.OrganizationPage.as_view(), name="organization"),
    path(
        f"{_organization}members/<uuid:membership_id>/role/",
        team.MemberRole.as_view(),
        name="member_role",
    ),
    path(
        f"{_organization}members/<uuid:membership_id>/remove/",
        team.MemberRemove.as_view(),
        name="member_remove",
    ),
    path(f"{_organization}invitations/", team.InvitationNew.as_view(), name="invitation_new"),
    path(
        f"{_organization}invitations/<uuid:invitation_id>/withdraw/",
        team.InvitationWithdraw.as_view(),
        name="invitation_withdraw",
    ),
    path("invitations/<str:secret>/", invitations.InvitationPage.as_view(), name="invitation"),
]
