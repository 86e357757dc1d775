"""Covers of events: patterns that are computed from the id and the headline, so that an event always has the same.

They use only classes and presentation attributes, because the content security policy forbids inline styles. They are
decoration and have no text.
"""

import hashlib
from collections.abc import Callable, Iterator

from django import template
from django.utils.safestring import SafeString, mark_safe

from events.models import Event

register = template.Library()

TILE = 24
HUES = 12
# The paths of each of the three inks, which static/css/events.css colours.
Inks = dict[str, list[str]]


@register.simple_tag
def cover(event: Event, columns: int = 4, rows: int = 4) -> SafeString:
    """Draw the event's cover, `columns` × `rows` tiles."""
    return pattern(f"{event.pk}:{event.headline}", columns, rows)


@register.simple_tag
def pattern(source: str, columns: int = 4, rows: int = 4) -> SafeString:
    """Draw the pattern that the text `source` seeds, `columns` × `rows` tiles."""
    seed = hashlib.shake_256(source.encode()).digest(columns * rows * 2 + 2)
    hue, draw = seed[0] % HUES, PATTERNS[seed[1] % len(PATTERNS)]
    inks: Inks = {"a": [], "b": [], "c": []}
    draw(inks, iter(seed[2:]), columns, rows)
    paths = "".join(f'<path class="{ink}" d="{"".join(shapes)}"/>' for ink, shapes in inks.items() if shapes)
    return mark_safe(  # noqa: S308 - consists of numbers only
        f'<svg class="cover hue-{hue}" viewBox="0 0 {columns * TILE} {rows * TILE}" '
        f'preserveAspectRatio="xMidYMid slice" aria-hidden="true">{paths}</svg>'
    )


def _tiles(inks: Inks, seed: Iterator[int], columns: int, rows: int) -> None:
    """Draw quarter circles, discs and triangles, one in each tile."""
    for row in range(rows):
        for column in range(columns):
            x, y, byte, turn = column * TILE, row * TILE, next(seed), next(seed)
            if byte % 4:
                inks["abac"[byte // 4 % 4]].append(_shape(x, y, turn // 4, turn % 4))


def _shape(x: int, y: int, kind: int, turn: int) -> str:
    right, down = x + TILE, y + TILE
    corners = [(x, y), (right, y), (right, down), (x, down)]
    here, after, opposite, before = (corners[(turn + step) % 4] for step in range(4))
    if kind % 5 < 3:
        return f"M{_at(here)}L{_at(after)}A{TILE} {TILE} 0 0 1 {_at(before)}z"
    if kind % 5 == 3:
        return _disc(x + TILE // 2, y + TILE // 2, TILE // 2)
    return f"M{_at(here)}L{_at(after)}L{_at(opposite)}z"


def _arcs(inks: Inks, seed: Iterator[int], columns: int, rows: int) -> None:
    """Draw rings around a point on the lower edge, like a rising sun."""
    x, y = next(seed) % (columns * TILE), rows * TILE
    step = TILE * 3 // 4
    for index, radius in enumerate(range(max(columns, rows) * TILE, 0, -step)):
        ink = "abac"[index % 4]
        inner = max(radius - step // (1 + next(seed) % 2), 0)
        inks[ink].append(_disc(x, y, radius) + _disc(x, y, inner, hole=True))


def _bars(inks: Inks, seed: Iterator[int], columns: int, rows: int) -> None:
    """Draw columns of different heights, like a town."""
    half = TILE // 2
    for index in range(columns * 2):
        byte = next(seed)
        height = half + byte % (rows * TILE - half)
        inks["abc"[byte % 3]].append(f"M{index * half} {rows * TILE}v-{height}h{half}v{height}z")


def _waves(inks: Inks, seed: Iterator[int], columns: int, rows: int) -> None:
    """Draw three waves, one in front of the other."""
    width, height = columns * TILE, rows * TILE
    for index, ink in enumerate("acb"):
        y, swing = height * (index + 1) // 4, 6 + next(seed) % 14
        start = -(next(seed) % (2 * TILE))
        crests = (width - start) // (2 * TILE) + 1
        inks[ink].append(f"M{start} {y}" + f"q{TILE // 2}-{swing} {TILE} 0t{TILE} 0" * crests + f"V{height}H{start}z")


def _dots(inks: Inks, seed: Iterator[int], columns: int, rows: int) -> None:
    """Draw a grid of dots of different sizes."""
    for row in range(rows):
        for column in range(columns):
            byte = next(seed)
            ink = "aabc"[byte % 4]
            inks[ink].append(_disc(column * TILE + TILE // 2, row * TILE + TILE // 2, 2 + byte // 4 % 10))


def _slopes(inks: Inks, seed: Iterator[int], columns: int, rows: int) -> None:
    """Draw diagonal bands of different widths."""
    height, x = rows * TILE, -rows * TILE
    while x < columns * TILE:
        byte = next(seed)
        width = 6 + byte % 20
        inks["abca"[byte // 32 % 4]].append(f"M{x} {height}l{height}-{height}h{width}l-{height} {height}z")
        x += width + 4 + byte // 8 % 16


def _disc(x: int, y: int, radius: int, *, hole: bool = False) -> str:
    sweep = 0 if hole else 1
    arc = f"a{radius} {radius} 0 1 {sweep} "
    return f"M{x - radius} {y}{arc}{2 * radius} 0{arc}-{2 * radius} 0z" if radius else ""


def _at(point: tuple[int, int]) -> str:
    return f"{point[0]} {point[1]}"


PATTERNS: tuple[Callable[[Inks, Iterator[int], int, int], None], ...] = (_tiles, _arcs, _bars, _waves, _dots, _slopes)
