"""Descriptions: how long the slowest of about 300 hostile texts take, compared with a programme of maximal length."""

import time
from collections.abc import Iterator

from events.descriptions import render
from tools.stage.hostile_texts import LENGTH, hostile_texts

SHOWN = 5


def run() -> Iterator[str]:
    """Yield the processor time of a long programme, and how many times as long each of the slowest texts takes."""
    programme = "".join(
        f"- 18:{number % 60:02} **Title of talk {number}** (Room 5, with Jane)\n" for number in range(1_000)
    )
    usual = _milliseconds(programme[:LENGTH])
    yield f"a programme of {LENGTH:,} characters: {usual:.1f} ms"
    taken = sorted(((_milliseconds(text), name) for name, text in hostile_texts().items()), reverse=True)
    for milliseconds, name in taken[:SHOWN]:
        yield f"{milliseconds / usual:.1f} times as long: {name}"


def _milliseconds(text: str) -> float:
    """Return the processor time for rendering a text, which is the least of three runs."""
    return min(_once(text) for _ in range(3)) * 1_000


def _once(text: str) -> float:
    began = time.process_time()
    render.__wrapped__(text)
    return time.process_time() - began
