"""The feed on one Daphne process: frames per second beside a stock consumer, reconnecting, idle and busy sockets."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median

from websockets.asyncio.client import ClientConnection, connect

from tools.benchmarks.figures import percentile
from tools.stage.live import Deployment

USERS = 1_000
PUSHES_PER_USER = 20
ROUNDS = 3
RECONNECTING = 2_000
IDLE = 10_000
DUE_EVENTS = 1_000
SUBSCRIBERS_PER_EVENT = 20
# How many handshakes happen at once.
OPENING = 50

# Of sockets that want their notifications worded.
WORDED = "?language=de&time_zone=America/New_York"

NO_LIMITS = {"FEED_MAX_SOCKETS_PER_USER": "1000000", "FEED_MAX_SOCKETS_PER_ADDRESS": "1000000"}
STOCK = (
    "exec daphne --verbosity 0 --bind 127.0.0.1 --port $FEED_PORT"
    " --ping-interval 20 --ping-timeout 30 --websocket_connect_timeout 30 tools.benchmarks.stock:application"
)

ARRANGE = """
import json
from accounts.models import User
from accounts.services import open_api_session
from config.database import database_now

at = database_now()
User.objects.bulk_create(
    User(username=f"user{{n}}", email=f"user{{n}}@example.org", password="!") for n in range({users})
)
print(json.dumps({{user.pk: open_api_session(user, at=at).access for user in User.objects.order_by("pk")}}))
"""

# Publishes one frame for each user in each round directly to the groups, without the database.
PUBLISH = """
from datetime import timedelta
from accounts.models import User
from config.database import database_now
from notifications.feed import push
from notifications.models import Notification

at = database_now()
users = list(User.objects.order_by("pk").values_list("pk", flat=True))
for number in range({rounds}):
    row = Notification(
        pk={first} + number, kind="reminder", headline="Concert", location="Rome", starts_at=at + timedelta(hours=1),
        time_zone="Europe/Rome", lead=60, created_at=at,
    )
    push._publish([(push.user_group(user), push.push_message(user, [row], unread=number)) for user in users])
"""

DUE = """
import json, random
from datetime import timedelta
from accounts.models import User
from config.database import database_now
from events.models import Event, Reminder, Subscription

random.seed(1)
at = database_now()
users = list(User.objects.order_by("pk"))
starts_at, due_at = at + timedelta(hours=1), at + timedelta(seconds=15)
events = Event.objects.bulk_create(
    Event(author=users[0], headline="Concert", starts_at=starts_at, over_at=starts_at, state="public",
          subscriber_count={subscribers}, created_at=at, updated_at=at)
    for _ in range({events})
)
events = list(Event.objects.order_by("pk"))
Subscription.objects.bulk_create(
    Subscription(user=user, event=event, created_at=at)
    for event in events for user in random.sample(users, {subscribers})
)
Reminder.objects.bulk_create(
    (Reminder(subscription=row, event_id=row.event_id, lead=60, due_at=due_at, armed_for=starts_at)
     for row in Subscription.objects.all()), batch_size=2_000)
print(json.dumps({{"due": due_at.timestamp()}}))
"""

CLAIMED = """
from notifications.models import Notification
print(Notification.objects.order_by("created_at").values_list("created_at", flat=True)[0].timestamp())
"""


def run() -> Iterator[str]:
    """Yield the figures of one kind of work after the other."""
    with Deployment(parts=["feed"], **NO_LIMITS) as deployment:
        tokens = list(json.loads(deployment.shell(ARRANGE.format(users=USERS))).values())
        yield from _throughput(deployment, tokens)
        yield from _reconnecting(deployment, tokens)
        yield from _idle(deployment, tokens)
    with Deployment(parts=["feed", "worker", "beat"], **NO_LIMITS) as deployment:
        tokens = list(json.loads(deployment.shell(ARRANGE.format(users=USERS))).values())
        yield from _busy(deployment, tokens)


def _throughput(deployment: Deployment, tokens: list[str]) -> Iterator[str]:
    rates: dict[str, list[tuple[float, float]]] = {"ours": [], "worded": [], "stock": []}
    for _ in range(ROUNDS):
        for name, command, query in (("ours", "", ""), ("worded", "", WORDED), ("stock", STOCK, "")):
            deployment.stop("feed")
            deployment.start("feed", command)
            deployment.wait_for("feed")
            rates[name].append(asyncio.run(_frames_per_second(deployment, tokens, query)))
    deployment.stop("feed")
    deployment.start("feed")
    deployment.wait_for("feed")
    for index, unit in enumerate(("second", "second of Daphne's processor time")):
        ours, worded, stock = (median(rate[index] for rate in rates[name]) for name in ("ours", "worded", "stock"))
        yield (
            f"frames to {USERS} sockets a {unit}: {ours:,.0f}, with their wording {worded:,.0f}, "
            f"stock consumer {stock:,.0f}, ratio {ours / stock:.1f}"
        )


async def _frames_per_second(deployment: Deployment, tokens: list[str], query: str) -> tuple[float, float]:
    """Return frames per second as the clients see them come, and per second that Daphne works for them.

    The clients and the publisher share the machine's processors with Daphne, so the second figure says more.
    """
    async with _sockets(deployment.feed_url + query, tokens) as sockets:
        before = deployment.cpu_seconds("feed")
        publishing = asyncio.to_thread(deployment.shell, PUBLISH.format(rounds=PUSHES_PER_USER, first=10**9))
        counting = asyncio.gather(*(_count(socket, PUSHES_PER_USER) for socket in sockets))
        _, moments = await asyncio.gather(publishing, counting)
        worked = deployment.cpu_seconds("feed") - before
    seen = sorted(moment for each in moments for moment in each)
    return len(seen) / (seen[-1] - seen[0]), len(seen) / worked


def _reconnecting(deployment: Deployment, tokens: list[str]) -> Iterator[str]:
    async def all_back() -> float:
        many = [tokens[number % len(tokens)] for number in range(RECONNECTING)]
        started = time.monotonic()
        async with _sockets(deployment.feed_url, many, opening=RECONNECTING):
            return time.monotonic() - started

    yield f"{RECONNECTING:,} sockets connecting at once: all greeted after {asyncio.run(all_back()):.1f} s"


def _idle(deployment: Deployment, tokens: list[str]) -> Iterator[str]:
    async def hold() -> tuple[float, float, int]:
        before = deployment.memory_kb("feed")
        many = [tokens[number % len(tokens)] for number in range(IDLE)]
        async with _sockets(deployment.feed_url, many) as sockets:
            per_socket = (deployment.memory_kb("feed") - before) / len(sockets)
            started = time.monotonic()
            publishing = asyncio.to_thread(deployment.shell, PUBLISH.format(rounds=1, first=2 * 10**9))
            counting = asyncio.gather(*(_count(socket, 1) for socket in sockets))
            _, moments = await asyncio.gather(publishing, counting)
            return per_socket, time.monotonic() - started, len(moments)

    per_socket, seconds, reached = asyncio.run(hold())
    yield f"{reached:,} of {IDLE:,} idle sockets reached within {seconds:.1f} s, {per_socket:.0f} kB per socket"


def _busy(deployment: Deployment, tokens: list[str]) -> Iterator[str]:
    async def watch() -> tuple[list[float], float]:
        async with _sockets(deployment.feed_url, tokens) as sockets:
            arrange = DUE.format(events=DUE_EVENTS, subscribers=SUBSCRIBERS_PER_EVENT)
            due = json.loads(await asyncio.to_thread(deployment.shell, arrange))["due"]
            left = DUE_EVENTS * SUBSCRIBERS_PER_EVENT
            seen: list[float] = []
            done = asyncio.Event()

            async def listen(socket: ClientConnection) -> None:
                async for text in socket:
                    seen.extend([time.time()] * len(json.loads(text)["notifications"]))
                    if len(seen) >= left:
                        done.set()

            listening = [asyncio.create_task(listen(socket)) for socket in sockets]
            await asyncio.wait_for(done.wait(), 120)
            for task in listening:
                task.cancel()
            return sorted(seen), due

    seen, due = asyncio.run(watch())
    claimed = float(deployment.shell(CLAIMED))
    yield (
        f"{len(seen):,} notifications for {USERS:,} connected users: last seen {seen[-1] - due:.1f} s after due, "
        f"{seen[-1] - claimed:.1f} s after the first was written; p50 {percentile(seen, 50) - due:.1f} s after due"
    )


@asynccontextmanager
async def _sockets(url: str, tokens: list[str], *, opening: int = OPENING) -> AsyncIterator[list[ClientConnection]]:
    """Open a socket for each token, at most `opening` at once, and wait for the hello of each."""
    async with AsyncExitStack() as stack:
        turn = asyncio.Semaphore(opening)

        async def open_one(token: str) -> ClientConnection:
            async with turn:
                headers = {"Authorization": f"Bearer {token}"}
                socket = await connect(url, additional_headers=headers, open_timeout=120, ping_interval=None)
                stack.push_async_callback(socket.close)
                await socket.recv()
                return socket

        yield await asyncio.gather(*map(open_one, tokens))


async def _count(socket: ClientConnection, frames: int) -> list[float]:
    """Return when each of this many frames arrived."""
    return [await _arrival(socket) for _ in range(frames)]


async def _arrival(socket: ClientConnection) -> float:
    await socket.recv()
    return time.monotonic()
