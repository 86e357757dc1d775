"""Test queries that are compiled once: their rows, their shapes, and what they refuse."""

import gc
import weakref
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.db.models import Case, QuerySet, When
from pytest_django import DjangoAssertNumQueries

from accounts.models import AccountMail, User
from config.database import MAX_INTEGER
from config.statements import ModelQuery, Part, Query, Statement, rows_of_all
from events.models import Event, Subscription

MOMENT = datetime(2026, 12, 4, 17, tzinfo=UTC)
FIELDS = {field.name: field for field in AccountMail._meta.concrete_fields}
PARAMETERS = {"address": FIELDS["address"], "since": FIELDS["created_at"], "above": FIELDS["id"]}
COLUMNS = ("id", "kind", "created_at", "due_at")
pytestmark = pytest.mark.django_db


@pytest.fixture
def account_mails(db: None) -> list[AccountMail]:
    return [
        AccountMail.objects.create(
            kind=AccountMail.Kind.VERIFY,
            address=f"{number}@example.org",
            created_at=MOMENT + timedelta(hours=number),
            due_at=MOMENT if number % 2 else None,
        )
        for number in range(6)
    ]


def mails(
    *, address: str | None = None, since: datetime | None = None, above: int | None = None, is_owed: bool = False
) -> QuerySet[AccountMail]:
    rows = AccountMail.objects.owed() if is_owed else AccountMail.objects.all()
    if address:
        rows = rows.filter(address=address)
    if since:
        rows = rows.filter(created_at__gte=since)
    if above:
        rows = rows.filter(pk__gt=above)
    return rows.order_by("-id")


def query() -> Query:
    return Query(mails, columns=COLUMNS, parameters=PARAMETERS)


@pytest.mark.parametrize("is_owed", [False, True])
def test_rows_are_those_of_the_queryset_for_each_shape_and_value(
    account_mails: list[AccountMail], is_owed: bool
) -> None:
    mail_query = query()
    every: list[dict[str, Any]] = [
        {},
        *({"address": mail.address} for mail in account_mails),
        *({"since": mail.created_at} for mail in account_mails),
        *({"above": mail.pk, "since": mail.created_at} for mail in account_mails),
    ]

    for values in every:
        found = mail_query.rows(limit=4, is_owed=is_owed, **values)

        assert [tuple(row) for row in found] == list(mails(is_owed=is_owed, **values).values_list(*COLUMNS)[:4])


def test_number_too_large_for_the_databases_finds_nothing(
    account_mails: list[AccountMail], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert query().rows(limit=4, above=MAX_INTEGER + 1) == []


def test_query_is_compiled_once_for_each_shape(account_mails: list[AccountMail]) -> None:
    built = []

    def build(**values: Any) -> QuerySet[AccountMail]:
        built.append(values)
        return mails(**values)

    mail_query = Query(build, columns=COLUMNS, parameters=PARAMETERS)
    for mail in account_mails:
        mail_query.rows(limit=1, above=mail.pk, is_owed=False)
    once = len(built)
    mail_query.rows(limit=1, above=None, is_owed=False)
    mail_query.rows(limit=1, above=1, is_owed=True)

    assert (once, len(built)) == (2, 6)


def test_rows_take_one_query(
    account_mails: list[AccountMail], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mail_query = query()

    for _ in range(2):
        with django_assert_num_queries(1):
            assert len(mail_query.rows(limit=100, since=MOMENT)) == 6


def test_query_that_can_have_no_rows_takes_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert Statement(AccountMail.objects.none(), COLUMNS).rows(limit=1) == []


@pytest.mark.django_db(transaction=True)
def test_connection_of_a_thread_ends_with_it_although_it_has_compiled_a_query(account_mails: list[AccountMail]) -> None:
    mail_query = query()
    of_thread = []

    def read() -> None:
        mail_query.rows(limit=1, since=MOMENT)
        of_thread.append(weakref.ref(connections["default"]))

    thread = Thread(target=read)
    thread.start()
    thread.join()
    gc.collect()

    assert of_thread[0]() is None
    assert len(mail_query.rows(limit=100, since=MOMENT)) == 6


@pytest.mark.parametrize(
    "build",
    [
        lambda above: AccountMail.objects.filter(pk__gt=above + 1),
        lambda above: AccountMail.objects.filter(pk__gt=0 if above % 2 else above),
        lambda above: AccountMail.objects.filter(pk__gt=above) if above % 2 else AccountMail.objects.all(),
        lambda above: AccountMail.objects.all(),
    ],
    ids=["computed", "sometimes", "another SQL", "unused"],
)
def test_value_that_is_not_simply_a_parameter_is_refused(build: Any) -> None:
    mail_query = Query(build, columns=COLUMNS, parameters=PARAMETERS)

    with pytest.raises(ValueError, match="depends on"):
        mail_query.rows(limit=1, above=7)


# Queries whose rows are models


def subscriptions(*, user: int) -> QuerySet[Subscription]:
    rows = Subscription.objects.filter(user_id=user).order_by("pk")
    return rows.annotate(is_public=Case(When(event__state="public", then=True), default=False))


def model_query() -> ModelQuery:
    return ModelQuery(
        Subscription,
        subscriptions,
        # In another order than that of the model.
        fields=["event_id", "id"],
        annotations=["is_public"],
        related={"event": ["headline", "id"], "user": ["id", "username"]},
        parameters={"user": User._meta.pk},
    )


def test_rows_are_models_with_their_annotations_and_related_models(
    subscribed_event: Event, subscriber: User, stranger: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    expected = Subscription.objects.get()

    with django_assert_num_queries(1):
        [found] = model_query().models(user=subscriber.pk, limit=2)
        assert (found, found.pk, found.event_id, found.is_public) == (expected, expected.pk, subscribed_event.pk, True)
        assert (found.event.pk, found.event.headline) == (subscribed_event.pk, "Concert")
        assert (found.user, found.user.username) == (subscriber, "subscriber")
    assert model_query().models(user=stranger.pk, limit=2) == []


def test_other_fields_are_read_when_they_are_asked_for(
    subscribed_event: Event, subscriber: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    [found] = model_query().models(user=subscriber.pk, limit=1)

    with django_assert_num_queries(2):
        assert found.created_at == Subscription.objects.get().created_at
    with django_assert_num_queries(1):
        assert found.event.location == "Rome"


def test_model_that_was_read_can_be_saved(subscribed_event: Event, subscriber: User) -> None:
    [found] = model_query().models(user=subscriber.pk, limit=1)

    found.event.headline = "Recital"
    found.event.save(update_fields=["headline"])

    assert Event.objects.get().headline == "Recital"


def test_statements_run_together_are_one_query_with_the_rows_of_each_in_its_order(
    account_mails: list[AccountMail], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    middle, first = account_mails[3], account_mails[0]
    mail_query = query()
    parts = [mail_query.part(since=middle.created_at), mail_query.part(address=first.address), mail_query.part()]

    with django_assert_num_queries(1):
        found = rows_of_all(parts, limit_each=2, limit=4)

    assert [row.id for row in found] == [mail.pk for mail in (*account_mails[:3:-1], first, account_mails[5])]
    assert found[0].due_at == MOMENT


def test_statement_without_rows_is_left_out_of_those_run_together(account_mails: list[AccountMail]) -> None:
    nothing = Part(Statement(AccountMail.objects.none(), COLUMNS))

    assert len(rows_of_all([nothing, query().part()], limit_each=9, limit=9)) == 6
    assert rows_of_all([nothing], limit_each=9, limit=9) == []
