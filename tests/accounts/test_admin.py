"""Test users and API sessions in the admin."""

from datetime import datetime

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.mail import compose_account_mail
from accounts.models import AccountMail, ApiSession, BrowserSession, User
from accounts.services import open_api_session, request_deletion, request_email_change
from accounts.services.outbox import write_mail
from notifications.feed.credentials import Credential, still_valid
from tests.admin import run_action
from tests.conftest import PASSWORD
from tests.makers import MakeUser
from tests.pages import html_of

USERS = "/admin/accounts/user/"
SESSIONS = "/admin/accounts/apisession/"
NEW_PASSWORD = "another battery staple"
# The answers to the page that asks about a suspension.
KEEPING = {"confirmed": "yes", "fate": "keep"}


@pytest.fixture
def staff_client(client: Client, make_user: MakeUser) -> Client:
    """Return a client logged in as staff who may change and delete users, but is no superuser."""
    staff = make_user("staff")
    staff.is_staff = True
    staff.save()
    staff.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    client.force_login(staff)
    return client


def fields_of(user: User, **changes: str) -> dict[str, str]:
    return {
        "username": user.username,
        "email": user.email,
        "time_zone": user.time_zone,
        "default_leads": "[1440]",
    } | changes


def test_staff_log_in_by_email(client: Client, admin_user: User) -> None:
    credentials = {"username": admin_user.email, "password": PASSWORD, "next": "/admin/"}

    assert client.post("/admin/login/", credentials).headers["Location"] == "/admin/"


def test_others_are_sent_to_the_login(client: Client, stranger: User) -> None:
    client.force_login(stranger)

    assert client.get(USERS).status_code == 302


def test_users_are_listed_at_a_constant_number_of_queries(
    admin_client: Client, make_user: MakeUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 3):
        while User.objects.count() < count:
            make_user(f"user{User.objects.count()}")
        with django_assert_num_queries(4):  # session, user, count, rows
            assert admin_client.get(USERS).context["cl"].result_count == count


def test_user_page_shows_and_search_finds(admin_client: Client, stranger: User) -> None:
    assert admin_client.get(f"{USERS}{stranger.pk}/change/").status_code == 200
    assert admin_client.get(USERS, {"q": "STRANGER@"}).context["cl"].result_count == 1
    assert admin_client.get(USERS, {"deletion_requested_at__isempty": "0"}).context["cl"].result_count == 0


def test_add_registers_a_user_who_can_log_in(admin_client: Client) -> None:
    response = admin_client.post(
        f"{USERS}add/",
        {"username": "Anna", "email": "Anna@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )

    user = User.objects.get(username="anna")
    assert response.headers["Location"] == f"{USERS}{user.pk}/change/"
    assert user.email == "anna@example.org"
    assert user.check_password(PASSWORD)


def test_add_refuses_a_name_that_is_taken(admin_client: Client, stranger: User) -> None:
    response = admin_client.post(
        f"{USERS}add/",
        {"username": "Stranger", "email": "STRANGER@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert set(response.context["adminform"].form.errors) == {"username", "email"}


def test_change_of_the_profile_is_saved(admin_client: Client, stranger: User) -> None:
    changes = {"time_zone": "Asia/Tokyo", "default_leads": "[60]", "is_staff": "on"}

    response = admin_client.post(f"{USERS}{stranger.pk}/change/", fields_of(stranger, **changes))

    stranger.refresh_from_db()
    assert response.status_code == 302
    assert (stranger.time_zone, stranger.default_leads, stranger.is_staff) == ("Asia/Tokyo", [60], True)
    assert stranger.is_active


@pytest.mark.parametrize("empty", ["", "null", '""', "[]"])
def test_user_without_default_reminders_is_saved(admin_client: Client, stranger: User, empty: str) -> None:
    given = fields_of(stranger, default_leads=empty) | {"initial-default_leads": "[1440]"}
    response = admin_client.post(f"{USERS}{stranger.pk}/change/", given)

    stranger.refresh_from_db()
    assert response.status_code == 302
    assert stranger.default_leads == []


def test_another_email_waits_to_be_confirmed(admin_client: Client, stranger: User, at: datetime) -> None:
    User.objects.filter(pk=stranger.pk).update(email_verified_at=at)

    changes = fields_of(stranger, email="New@example.org", time_zone="Asia/Tokyo")
    page = admin_client.post(f"{USERS}{stranger.pk}/change/", changes, follow=True)

    stranger.refresh_from_db()
    assert (stranger.email, stranger.email_verified_at) == ("stranger@example.org", at)
    assert (stranger.pending_email, stranger.time_zone) == ("new@example.org", "Asia/Tokyo")
    assert list(AccountMail.objects.order_by("pk").values_list("kind", "address")) == [
        ("change_asked", "stranger@example.org"),
        ("confirm_email", "new@example.org"),
    ]
    messages = [str(message) for message in page.context["messages"]]
    assert (
        messages[0] == "The new address new@example.org takes effect once it’s confirmed with the link we sent there."
    )
    shown = html_of(admin_client, f"{USERS}{stranger.pk}/change/")
    assert "new@example.org" in shown


def test_same_email_keeps_what_waits(admin_client: Client, stranger: User, at: datetime) -> None:
    request_email_change(stranger, email="new@example.org", at=at)

    admin_client.post(f"{USERS}{stranger.pk}/change/", fields_of(stranger, time_zone="Asia/Tokyo"))

    stranger.refresh_from_db()
    assert (stranger.pending_email, stranger.time_zone) == ("new@example.org", "Asia/Tokyo")


def test_same_email_in_capitals_keeps_what_waits(admin_client: Client, stranger: User, at: datetime) -> None:
    request_email_change(stranger, email="new@example.org", at=at)

    changes = fields_of(stranger, email=stranger.email.upper(), time_zone="Asia/Tokyo")
    page = admin_client.post(f"{USERS}{stranger.pk}/change/", changes, follow=True)

    stranger.refresh_from_db()
    assert (stranger.email, stranger.pending_email) == ("stranger@example.org", "new@example.org")
    assert stranger.time_zone == "Asia/Tokyo"
    assert [message.level_tag for message in page.context["messages"]] == ["success"]


def test_email_that_another_account_can_take_back_is_refused(
    admin_client: Client, stranger: User, organiser: User, at: datetime
) -> None:
    write_mail(AccountMail.Kind.CHANGE_ASKED, user=organiser, address="before@example.org", at=at)
    passwords = {"password1": PASSWORD, "password2": PASSWORD}

    added = admin_client.post(f"{USERS}add/", {"username": "anna", "email": "Before@example.org"} | passwords)
    changed = admin_client.post(f"{USERS}{stranger.pk}/change/", fields_of(stranger, email="Before@example.org"))

    for response in (added, changed):
        assert response.context["adminform"].form.errors == {
            "email": ["There’s already an account with this email address."]
        }
    assert not User.objects.filter(pending_email__isnull=False).exists()


def test_sixth_request_for_an_address_in_an_hour_is_refused_in_the_admin(
    admin_client: Client, stranger: User, at: datetime
) -> None:
    for _number in range(5):
        request_email_change(stranger, email="new@example.org", at=timezone.now())
    stranger.refresh_from_db()

    changes = fields_of(stranger, email="new@example.org")
    page = admin_client.post(f"{USERS}{stranger.pk}/change/", changes, follow=True)

    assert "We’ve already sent several emails" in str(next(iter(page.context["messages"])))


def test_change_refuses_what_the_profile_would(admin_client: Client, stranger: User) -> None:
    changes = {"time_zone": "Mars/Olympus", "default_leads": "[-1]"}

    response = admin_client.post(f"{USERS}{stranger.pk}/change/", fields_of(stranger, **changes))

    assert set(response.context["adminform"].form.errors) == {"time_zone", "default_leads"}


@pytest.mark.parametrize(
    ("given", "logs_in", "subject"),
    [
        ({"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}, True, "Your password was changed"),
        ({"usable_password": "false", "unset-password": "1"}, False, "Your password was removed"),
    ],
)
def test_new_password_ends_all_sessions_and_is_reported_by_email(
    admin_client: Client, stranger: User, at: datetime, given: dict[str, str], logs_in: bool, subject: str
) -> None:
    elsewhere = Client()
    elsewhere.post("/accounts/login/", {"username": stranger.email, "password": PASSWORD})
    open_api_session(stranger, at=at)
    sockets = [
        Credential(stranger.pk, stranger.password, 0),
        Credential(stranger.pk, stranger.password, 0, session_key=elsewhere.session.session_key or ""),
        Credential(stranger.pk, stranger.password, 0, api_session_id=ApiSession.objects.get().pk),
    ]
    assert still_valid(sockets, at) == set(sockets)

    response = admin_client.post(f"{USERS}{stranger.pk}/password/", given)

    assert response.headers["Location"] == f"{USERS}{stranger.pk}/change/"
    assert Client().login(email=stranger.email, password=NEW_PASSWORD) == logs_in
    assert not Client().login(email=stranger.email, password=PASSWORD)
    assert elsewhere.get("/accounts/profile/").status_code == 302
    assert not BrowserSession.objects.filter(user=stranger).exists()
    assert ApiSession.objects.live().count() == 0
    assert still_valid(sockets, at) == set()
    mail = compose_account_mail(AccountMail.objects.get(), at=at)
    assert mail is not None
    assert (mail.to, mail.subject) == ([stranger.email], subject)


def test_own_password_changed_in_the_admin_leaves_this_browser_logged_in(
    client: Client, admin_user: User, at: datetime
) -> None:
    for browser in (client, elsewhere := Client()):
        browser.post("/admin/login/?next=/admin/", {"username": admin_user.email, "password": PASSWORD})

    client.post(f"{USERS}{admin_user.pk}/password/", {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert client.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code == 302
    assert BrowserSession.objects.live(at).get().session_key == client.session.session_key


@pytest.mark.parametrize("method", ["get", "post"])
def test_own_password_is_changed_on_the_page_for_everybody(admin_client: Client, admin_user: User, method: str) -> None:
    given = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}

    response = getattr(admin_client, method)("/admin/password_change/", given)

    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/password-change/")
    assert Client().login(email=admin_user.email, password=PASSWORD)


@pytest.mark.parametrize("password", ["12345678", "stranger"])
def test_another_password_that_everybody_guesses_changes_nothing(
    admin_client: Client, stranger: User, password: str
) -> None:
    response = admin_client.post(f"{USERS}{stranger.pk}/password/", {"password1": password, "password2": password})

    assert set(response.context["form"].errors) == {"password2"}
    assert Client().login(email=stranger.email, password=PASSWORD)
    assert not AccountMail.objects.exists()


def test_lock_out_ends_the_api_sessions_and_leaves_oneself(
    admin_client: Client, admin_user: User, stranger: User, at: datetime
) -> None:
    open_api_session(stranger, at=at)

    messages = run_action(admin_client, USERS, "suspend_users", stranger, admin_user, **KEEPING)

    assert messages == ["Suspended: 1.", "Skipped (not applicable): 1."]
    assert set(User.objects.active()) == {admin_user}
    assert ApiSession.objects.get().revoked_at is not None


def test_let_in_again_leaves_accounts_that_are_to_go(
    admin_client: Client, stranger: User, organiser: User, at: datetime
) -> None:
    run_action(admin_client, USERS, "suspend_users", stranger, **KEEPING)
    request_deletion(organiser, at=at)

    messages = run_action(admin_client, USERS, "reinstate_users", stranger, organiser, confirmed="yes")

    assert messages == ["Reactivated: 1.", "Skipped (not applicable): 1."]
    assert User.objects.active().filter(pk__in=[stranger.pk, organiser.pk]).get() == stranger


def test_delete_asks_and_then_requests_the_deletion(admin_client: Client, stranger: User) -> None:
    page = f"{USERS}{stranger.pk}/delete/"

    asked = html_of(admin_client, page)
    admin_client.post(page, {"post": "yes"})

    stranger.refresh_from_db()
    assert "Deleting suspends the account at once." in asked
    assert stranger.deletion_requested_at is not None
    assert not stranger.is_active


def test_delete_of_several_requests_their_deletion(admin_client: Client, stranger: User, organiser: User) -> None:
    run_action(admin_client, USERS, "delete_selected", stranger, organiser, post="yes")

    assert set(User.objects.awaiting_deletion()) == {stranger, organiser}


def test_nobody_deletes_oneself(admin_client: Client, admin_user: User, stranger: User) -> None:
    assert admin_client.post(f"{USERS}{admin_user.pk}/delete/", {"post": "yes"}).status_code == 403
    run_action(admin_client, USERS, "delete_selected", stranger, admin_user, post="yes")

    assert not User.objects.awaiting_deletion().exists()


def test_staff_learn_who_can_give_them_a_permission(staff_client: Client) -> None:
    page = staff_client.get("/admin/events/event/")

    assert page.status_code == 403
    assert "A superuser can give you the permission that you need." in page.content.decode()
    assert "organiser" not in page.content.decode()


def test_staff_do_not_touch_superusers_or_permissions(staff_client: Client, admin_user: User, stranger: User) -> None:
    assert staff_client.post(f"{USERS}{admin_user.pk}/change/", {}).status_code == 403
    assert staff_client.post(f"{USERS}{admin_user.pk}/password/", {}).status_code == 403
    assert staff_client.post(f"{USERS}{admin_user.pk}/delete/", {"post": "yes"}).status_code == 403
    staff_client.post(f"{USERS}{stranger.pk}/change/", fields_of(stranger, is_superuser="on", is_staff="on"))
    run_action(staff_client, USERS, "suspend_users", admin_user, **KEEPING)
    run_action(staff_client, USERS, "delete_selected", admin_user, post="yes")

    stranger.refresh_from_db()
    admin_user.refresh_from_db()
    assert (stranger.is_staff, stranger.is_superuser) == (False, False)
    assert (admin_user.is_active, admin_user.deletion_requested_at) == (True, None)


def test_api_sessions_are_listed_at_a_constant_number_of_queries(
    admin_client: Client,
    make_user: MakeUser,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for count in (1, 3):
        while ApiSession.objects.count() < count:
            open_api_session(make_user(f"user{ApiSession.objects.count()}"), at=at)
        with django_assert_num_queries(4):  # session, user, count, rows
            assert admin_client.get(SESSIONS).context["cl"].result_count == count


def test_api_session_can_only_be_looked_at(admin_client: Client, stranger: User, at: datetime) -> None:
    open_api_session(stranger, at=at)
    page = f"{SESSIONS}{ApiSession.objects.get().pk}/"

    assert admin_client.get(f"{page}change/").status_code == 200
    assert admin_client.post(f"{page}change/", {}).status_code == 403
    assert admin_client.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get(f"{SESSIONS}add/").status_code == 403


@pytest.mark.parametrize("model", ["outstandingtoken", "blacklistedtoken"])
def test_refresh_tokens_are_not_shown(admin_client: Client, model: str) -> None:
    assert admin_client.get(f"/admin/token_blacklist/{model}/").status_code == 404
