"""Searches among 100,000 events on SQLite and MariaDB: one phrase, as before, and every word in any order."""

import json
from collections.abc import Iterator

from tools.benchmarks.figures import percentile
from tools.stage.live import Deployment
from tools.stage.private_mariadb import private_mariadb

EVENTS = 100_000
RUNS = 7

# Creates `{events}` public events to come. Their descriptions have 80 words on average, which is about 600 characters,
# and as in a language the words have very different frequencies.
POPULATE = """
import itertools, random
from datetime import timedelta
from django.db import connection
from accounts.services import create_user
from config.database import database_now
from events.models import Event
from events.search import searchable

chance, at = random.Random(1), database_now()
owner = create_user(username="owner", email="owner@example.org", password="x")
letters = ["ba", "ko", "zü", "ri", "che", "lor", "mé", "st", "an", "ther", "o", "ing", "e", "sal", "ge"]
words = ["".join(chance.choices(letters, k=chance.randint(1, 4))) for _ in range(20_000)]
frequencies = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))

def text(length):
    return " ".join(chance.choices(words, cum_weights=frequencies, k=length))

def event(number):
    starts_at = at + timedelta(days=1, minutes=number)
    texts = dict(headline=text(4)[:200], location=text(3)[:255], description=text(chance.randint(1, 159)))
    if number % 100 == 0:
        texts["headline"] = "Concert of rock"
    if number == {events} - 1:
        texts["location"] = "Café Ångström"
    return Event(author=owner, starts_at=starts_at, over_at=starts_at, state="public", created_at=at, updated_at=at,
        search_text=searchable(**texts), **texts)

for first in range(0, {events}, 1_000):
    Event.objects.bulk_create(event(number) for number in range(first, first + 1_000))
with connection.cursor() as cursor:
    cursor.execute("ANALYZE TABLE events_event" if connection.vendor == "mysql" else "ANALYZE")
"""

# Reads the first page of home for a search, and prints the seconds that each run took.
SEARCH = """
import json, time
from django.contrib.auth.models import AnonymousUser
from config.database import database_now
from events.models import Event
from events.querysets import EventQuerySet

def phrase(events, text):
    return events.filter(search_text__contains=text.casefold())

find, seconds, at = {{"phrase": phrase, "words": EventQuerySet.matching}}[{how!r}], [], database_now()
for run in range({runs}):
    started = time.perf_counter()
    found = list(find(Event.objects.listed(), {text!r}).for_list(AnonymousUser()).upcoming(at)[:25])
    seconds.append(time.perf_counter() - started)
print(json.dumps([len(found), seconds]))
"""

# Rewrites the search text of every event, as an upgrade does, and prints the seconds of all and of the slowest chunk.
REFRESH = """
import json, time
from events.models import Event
from events.services import searches

rewrite, seconds = searches._rewrite, []

def timed(*arguments):
    started = time.perf_counter()
    count = rewrite(*arguments)
    seconds.append(time.perf_counter() - started)
    return count

Event.objects.update(search_text="")
searches._rewrite, started = timed, time.perf_counter()
refreshed = searches.refresh_search_texts(Event.objects.all())
print(json.dumps([refreshed, time.perf_counter() - started, max(seconds)]))
"""

# What is searched for, by its name: before and now. Where less than a page is found, every event is read. The last one
# costs the most: nine parts of words that are in almost every event are looked for before the one that is in none.
SEARCHES = {
    "a word of every hundredth event": ("rock", "rock"),
    "two words of every hundredth event": ("concert of rock", "rock concert"),
    "a word of one event": ("café", "cafe"),
    "a word of no event": ("xylophone", "xylophone"),
    "ten words, nine of them everywhere": ("ther ing lor che sal an ko ri ge x",) * 2,
}


def run() -> Iterator[str]:
    """Yield the milliseconds of each search on both databases, and the seconds of rewriting what they look through."""
    with Deployment(parts=[]) as deployment:
        yield from _compare("SQLite", deployment)
    with (
        private_mariadb("--innodb-buffer-pool-size=1G") as url,
        Deployment(parts=[], DATABASE_URL=url) as deployment,
    ):
        yield from _compare("MariaDB", deployment)


def _compare(database: str, deployment: Deployment) -> Iterator[str]:
    deployment.shell(POPULATE.format(events=EVENTS))
    for name, texts in SEARCHES.items():
        figures = []
        for how, text in zip(("phrase", "words"), texts, strict=True):
            found, seconds = json.loads(deployment.shell(SEARCH.format(how=how, text=text, runs=RUNS)))
            figures.append(f"{percentile(sorted(seconds), 50) * 1_000:.0f} ms for {found} events")
        yield f"{database}, {name}: as a phrase {figures[0]}, by words {figures[1]}"
    refreshed, total, longest = json.loads(deployment.shell(REFRESH))
    yield (
        f"{database}, rewriting the search texts of {refreshed} events: {total:.1f} s, in transactions of at most "
        f"{longest * 1_000:.0f} ms"
    )
