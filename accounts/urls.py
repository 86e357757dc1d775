"""Pages about people."""

from django.urls import path

from accounts import address_views, mail_views, session_views, views

app_name = "accounts"
urlpatterns = [
    path("signup/", views.SignupView.as_view(), name="signup"),
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("language/", views.choose_language, name="choose_language"),
    path("profile/", views.ProfileView.as_view(), name="profile"),
    path("sessions/", session_views.list_sessions, name="sessions"),
    path("sessions/end-others/", session_views.end_others, name="end_other_sessions"),
    path("sessions/browser/<int:pk>/end/", session_views.end_browser, name="end_browser_session"),
    path("sessions/api/<int:pk>/end/", session_views.end_api, name="end_api_session"),
    path("email/", address_views.ChangeEmailView.as_view(), name="change_email"),
    path("email/send/", address_views.send_confirmation, name="send_email_confirmation"),
    path("email/cancel/", address_views.cancel, name="cancel_email_change"),
    path("email/confirm/<str:token>/", address_views.confirm, name="confirm_email"),
    path("email/undo/<str:token>/", address_views.undo, name="undo_email_change"),
    path("verify/send/", mail_views.send_verification, name="send_verification"),
    path("verify/<str:token>/", mail_views.verify, name="verify"),
    path("password-change/", mail_views.PasswordChangeView.as_view(), name="password_change"),
    path("password-reset/", mail_views.PasswordResetView.as_view(), name="password_reset"),
    path(
        "password-reset/<uidb64>/<token>/",
        mail_views.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
]
