"""Test keyset paging: chunks that stay right while rows come and go, and positions in URLs."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import AccountMail
from config.keyset import Position, beyond, chunks, columns_of, cut, values_of

MOMENT = datetime(2026, 12, 4, 17, tzinfo=UTC)
ORDERINGS = [
    ("id",),
    ("-id",),
    ("created_at", "id"),
    ("-created_at", "-id"),
    ("due_at", "created_at", "id"),
    ("-due_at", "-created_at", "-id"),
]


@pytest.fixture
def account_mails(db: None) -> list[AccountMail]:
    """Write twelve rows, many of which have the same time."""
    moments = [MOMENT + timedelta(microseconds=number) for number in range(3)]
    return [
        AccountMail.objects.create(
            kind=AccountMail.Kind.VERIFY, created_at=moments[number % 3], due_at=moments[number % 2]
        )
        for number in range(12)
    ]


@pytest.mark.usefixtures("account_mails")
@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("ordering", ORDERINGS, ids=" ".join)
def test_beyond_each_row_are_those_that_come_after_it(ordering: tuple[str, ...], is_reversed: bool) -> None:
    rows = AccountMail.objects.order_by(*ordering)
    rows = rows.reverse() if is_reversed else rows
    every = list(rows)

    following = [list(beyond(rows, values_of(row, rows))) for row in every]

    assert following == [every[index + 1 :] for index in range(12)]


def test_beyond_a_row_that_is_gone_are_the_same_rows(account_mails: list[AccountMail]) -> None:
    rows = AccountMail.objects.order_by("-created_at", "-id")
    before = list(rows)
    values = values_of(before[4], rows)
    before[4].delete()

    assert list(beyond(rows, values)) == before[5:]


@pytest.mark.parametrize("ordering", [(), ("created_at", "-id"), ("-created_at", "id")])
def test_rows_without_one_direction_are_refused(ordering: tuple[str, ...]) -> None:
    rows = AccountMail.objects.order_by(*ordering)

    with pytest.raises(ValueError, match="cannot be paged through"):
        beyond(rows, [MOMENT, 1])
    with pytest.raises(ValueError, match="cannot be paged through"):
        columns_of(rows)


@pytest.mark.parametrize("values", [[], [MOMENT], [MOMENT, 1, 1]])
def test_values_must_be_as_many_as_columns(values: list) -> None:
    with pytest.raises(ValueError, match=r"zip"):
        beyond(AccountMail.objects.order_by("created_at", "id"), values)


@pytest.mark.parametrize(("size", "has_more"), [(1, True), (11, True), (12, False), (13, False)])
def test_cut_says_in_one_query_whether_there_is_more(
    account_mails: list[AccountMail], django_assert_num_queries: DjangoAssertNumQueries, size: int, has_more: bool
) -> None:
    with django_assert_num_queries(1):
        page = cut(AccountMail.objects.order_by("id"), size)

    assert page == (account_mails[:size], has_more)


@pytest.mark.parametrize(("size", "sizes"), [(1, [1] * 12), (5, [5, 5, 2]), (6, [6, 6]), (12, [12]), (13, [12])])
def test_chunks_lose_and_repeat_nothing(
    account_mails: list[AccountMail], django_assert_num_queries: DjangoAssertNumQueries, size: int, sizes: list[int]
) -> None:
    rows = AccountMail.objects.order_by("due_at", "created_at", "id")

    # A full last chunk is not recognised as the last.
    with django_assert_num_queries(len(sizes) + (sizes[-1] == size)):
        read = list(chunks(rows, size))

    assert [len(chunk) for chunk in read] == sizes
    assert [mail for chunk in read for mail in chunk] == list(rows)


def test_chunks_of_no_rows_are_none(db: None) -> None:
    assert list(chunks(AccountMail.objects.order_by("id"), 5)) == []


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (MOMENT, "20261204T170000-17"),
        (MOMENT.replace(microsecond=12), "20261204T170000.000012-17"),
        (MOMENT.astimezone(timezone(timedelta(hours=9))), "20261204T170000-17"),
    ],
)
def test_position_reads_what_it_wrote(moment: datetime, text: str) -> None:
    position = Position(moment, 17)

    assert str(position) == text
    assert Position.parse(text) == position


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "17",
        "20261204T170000",
        "20261204T170000.-1",
        "20261304T170000-1",
        "20261204-1",
        "20261204T170000-0",
        f"20261204T170000-{2**63}",
    ],
)
def test_position_refuses_what_it_never_wrote(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Position.parse(text)
