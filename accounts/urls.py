"""The URLs of the pages about people and their accounts."""

from django.urls import path

from accounts.views import email_addresses, passwords, people, sessions, settings, time_zones

app_name = "accounts"
urlpatterns = [
    path("signup/", people.SignupView.as_view(), name="signup"),
    path("login/", sessions.LoginView.as_view(), name="login"),
    path("logout/", sessions.LogoutView.as_view(), name="logout"),
    path("language/", people.choose_language, name="choose_language"),
    path("settings/", settings.show_settings, name="settings"),
    path("profile/", settings.ProfileView.as_view(), name="profile"),
    path("reminders/", settings.RemindersView.as_view(), name="reminders"),
    path("language-and-time/", settings.LanguageView.as_view(), name="language"),
    path("data/", settings.show_data, name="data"),
    path("time-zones/", time_zones.suggest_time_zones, name="time_zones"),
    path("sessions/", sessions.list_sessions, name="sessions"),
    path("sessions/end-others/", sessions.end_others, name="end_other_sessions"),
    path("sessions/browser/<int:pk>/end/", sessions.end_browser, name="end_browser_session"),
    path("sessions/api/<int:pk>/end/", sessions.end_api, name="end_api_session"),
    path("email/", email_addresses.ChangeEmailView.as_view(), name="change_email"),
    path("email/send/", email_addresses.send_confirmation, name="send_email_confirmation"),
    path("email/cancel/", email_addresses.cancel, name="cancel_email_change"),
    path("email/confirm/<str:token>/", email_addresses.confirm, name="confirm_email"),
    path("email/undo/<str:token>/", email_addresses.undo, name="undo_email_change"),
    path("verify/send/", email_addresses.send_verification, name="send_verification"),
    path("verify/<str:token>/", email_addresses.verify, name="verify"),
    path("password-change/", passwords.PasswordChangeView.as_view(), name="password_change"),
    path("password-reset/", passwords.PasswordResetView.as_view(), name="password_reset"),
    path(
        "password-reset/<uidb64>/<token>/",
        passwords.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
]
