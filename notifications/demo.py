"""Demo data for the first start: two people, events of every kind, and a reminder that is about to arrive."""

import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from accounts.models import User
from accounts.services import create_user
from config.database import transactional
from events.local_time import day_start, instant_of, local_date, zone_named
from events.models import Event
from events.services import create_event, subscribe

# Letters and digits except those that look alike. Twelve random ones have 59 bits of entropy.
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - the letters of passwords, not a password
PASSWORD_LENGTH = 12
FIRST_REMINDER_IN = timedelta(seconds=30)
# Minutes before the first event. The second and third reminder are for people who log in after the first one.
FIRST_LEADS = [60, 58, 55]


@dataclass(frozen=True)
class DemoLogin:
    user: User
    password: str


@dataclass(frozen=True)
class Demo:
    """What was loaded. The passwords are not stored anywhere else."""

    organiser: DemoLogin
    subscriber: DemoLogin
    event_count: int
    # When the subscriber's first reminder falls due.
    reminder_at: datetime


@transactional
def load_demo(*, at: datetime) -> Demo | None:
    """Load the demo into an empty database. Returns None, and does nothing, if there is a user already."""
    if User.objects.exists():
        return None
    organiser = _sign_up("olivia", time_zone="Europe/Rome")
    subscriber = _sign_up("sam", time_zone="Europe/London")
    starts_at = at.replace(microsecond=0) + FIRST_REMINDER_IN + timedelta(minutes=max(FIRST_LEADS))
    call = create_event(
        actor=organiser.user,
        at=at,
        headline="Community call: what’s new this month",
        description="Three short demos, then questions. Everyone is welcome, cameras optional.",
        location="Online",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=45),
        time_zone="Europe/Rome",
        state=Event.State.PUBLIC,
    )
    subscribe(call, actor=subscriber.user, at=at, leads=FIRST_LEADS)
    for event, leads in _post(ORGANISER_EVENTS, author=organiser.user, at=at):
        if leads is not None:
            subscribe(event, actor=subscriber.user, at=at, leads=leads)
    for event, leads in _post(SUBSCRIBER_EVENTS, author=subscriber.user, at=at):
        subscribe(event, actor=organiser.user, at=at, leads=leads)
    return Demo(
        organiser=organiser,
        subscriber=subscriber,
        event_count=1 + len(ORGANISER_EVENTS) + len(SUBSCRIBER_EVENTS),
        reminder_at=starts_at - timedelta(minutes=max(FIRST_LEADS)),
    )


def _sign_up(username: str, *, time_zone: str) -> DemoLogin:
    password = "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(PASSWORD_LENGTH))
    user = create_user(username=username, email=f"{username}@example.org", password=password, time_zone=time_zone)
    return DemoLogin(user, password)


@dataclass(frozen=True)
class _Plan:
    """An event that takes place in so many days. Times are in its own time zone; without `begins` it is all-day."""

    headline: str
    location: str
    description: str
    time_zone: str
    in_days: int
    begins: time | None = None
    ends: time | None = None
    days: int = 1
    state: str = Event.State.PUBLIC
    # The leads of the other person's subscription, or None if that person does not subscribe.
    leads: list[int] | None = None


def _post(plans: "tuple[_Plan, ...]", *, author: User, at: datetime) -> list[tuple[Event, list[int] | None]]:
    return [
        (
            create_event(
                actor=author,
                at=at,
                headline=plan.headline,
                location=plan.location,
                description=plan.description,
                time_zone=plan.time_zone,
                state=plan.state,
                **_times(plan, at),
            ),
            plan.leads,
        )
        for plan in plans
    ]


def _times(plan: _Plan, at: datetime) -> dict[str, Any]:
    zone = zone_named(plan.time_zone)
    day = local_date(at, zone) + timedelta(days=plan.in_days)
    if plan.begins is None:
        after = day + timedelta(days=plan.days)
        return {"starts_at": day_start(day, zone), "ends_at": day_start(after, zone), "all_day": True}
    ends_at = None
    if plan.ends is not None:
        last_day = day + timedelta(days=plan.ends < plan.begins)
        ends_at = instant_of(datetime.combine(last_day, plan.ends), zone)
    return {"starts_at": instant_of(datetime.combine(day, plan.begins), zone), "ends_at": ends_at}


ORGANISER_EVENTS = (
    _Plan(
        headline="Sourdough for beginners",
        location="Forno Aperto, Via dei Mille 12, Turin",
        description="Mix, fold, wait, bake. You take home a loaf and a jar of starter.\n\nAprons provided.",
        time_zone="Europe/Rome",
        in_days=3,
        begins=time(18, 30),
        ends=time(21),
        leads=[1440, 120],
    ),
    _Plan(
        headline="Film night: short films from the North",
        location="Kino Lumen, Berlin",
        description="Seven films, ninety minutes, all with English subtitles. The bar stays open afterwards.",
        time_zone="Europe/Berlin",
        in_days=5,
        begins=time(20, 30),
        ends=time(22, 30),
        leads=[1440],
    ),
    _Plan(
        headline="Photo walk at first light",
        location="Brooklyn Bridge Park, Pier 1, New York",
        description="We meet at the water and walk until the coffee is ready. Any camera is fine.",
        time_zone="America/New_York",
        in_days=6,
        begins=time(6, 45),
    ),
    _Plan(
        headline="Marta’s surprise party",
        location="At Luca’s, third floor",
        description="Not a word to Marta. Be there at eight sharp, the lights go out at a quarter past.",
        time_zone="Europe/Rome",
        in_days=8,
        begins=time(20),
        state=Event.State.PRIVATE,
        leads=[2880, 60],
    ),
    _Plan(
        headline="Three days of free software",
        location="Miraikan, Tokyo",
        description="Talks in two tracks, a repair café, and a long evening of lightning talks.",
        time_zone="Asia/Tokyo",
        in_days=10,
        days=3,
        leads=[10_080, 1440],
    ),
    _Plan(
        headline="Book sale at the city library",
        location="Central Library, Manchester",
        description="Everything must go. Hardbacks £2, paperbacks £1, maps by weight.",
        time_zone="Europe/London",
        in_days=12,
    ),
    _Plan(
        headline="Late jazz: the Harbour Quartet",
        location="Notorious, Buenos Aires",
        description="Two sets and usually a third.",
        time_zone="America/Argentina/Buenos_Aires",
        in_days=14,
        begins=time(21, 30),
        ends=time(0, 30),
    ),
    _Plan(
        headline="Wool and fibre retreat",
        location="Te Anau, New Zealand",
        description="Spinning, dyeing and knitting by the lake. Rooms are shared, meals are cooked together.",
        time_zone="Pacific/Auckland",
        in_days=20,
        days=5,
    ),
    _Plan(
        headline="Summer camp for young makers",
        location="",
        description="Still to do: find a place, ask the school, price the materials.",
        time_zone="Europe/Rome",
        in_days=45,
        days=6,
        state=Event.State.DRAFT,
    ),
)
SUBSCRIBER_EVENTS = (
    _Plan(
        headline="Board games and soup",
        location="The Yard, Bristol",
        description="Bring a game or a bowl. Beginners get the good chairs.",
        time_zone="Europe/London",
        in_days=4,
        begins=time(19),
        ends=time(22, 30),
        leads=[1440, 30],
    ),
)
