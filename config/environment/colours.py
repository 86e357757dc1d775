"""The accent of the site: whether its contrast is enough, and the other colours that follow from it.

Colours are #rrggbb. They are changed in OKLCH (https://bottosson.github.io/posts/oklab/), where lightness is as people
see it, so that colours of any hue are as light as those of static/css/base.css. Contrast is that of WCAG 2.2.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

# The least contrast of text at level AA.
LEAST_CONTRAST = 4.5
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# Backgrounds of static/css/base.css on which the accent is read: the lightest and the darkest of each scheme.
LIGHT_GROUNDS, DARK_GROUNDS = ("#ffffff", "#e9f0ed"), ("#0f1613", "#34443e")


@dataclass(frozen=True)
class Shades:
    """The accent in one scheme, as text and as a background, and what is written on it."""

    accent: str
    strong: str
    soft: str
    on_accent: str

    @property
    def contrast(self) -> float:
        """The least contrast of the accent to what is written on it, and to the soft background that it is read on."""
        return min(contrast_of(self.accent, self.soft), contrast_of(self.accent, self.on_accent))


@dataclass(frozen=True)
class Palette:
    light: Shades
    dark: Shades
    # The background of the admin's header in the dark scheme.
    deep: str


def palette_of(accent: str) -> Palette:
    """Return the colours of both schemes. The accent itself is that of the light one."""
    lightness, chroma, hue = _oklch(accent)
    light = Shades(
        accent.lower(),
        strong=_colour(max(0.0, lightness - 0.07), chroma * 0.9, hue),
        soft=_colour(0.945, min(chroma, 0.035), hue),
        on_accent=_colour(0.99, min(chroma, 0.01), hue),
    )
    dark = Shades(
        _colour(0.79, min(chroma, 0.11), hue),
        strong=_colour(0.86, min(chroma, 0.1), hue),
        soft=_colour(0.3, min(chroma, 0.045), hue),
        on_accent=_colour(0.2, min(chroma, 0.03), hue),
    )
    return Palette(light, dark, deep=_colour(0.27, min(chroma, 0.05), hue))


def lowest_contrast(accent: str) -> float:
    """Return the least contrast with which the accent is read anywhere, in either scheme."""
    palette = palette_of(accent)
    return min(
        palette.light.contrast,
        palette.dark.contrast,
        _least(palette.light.accent, LIGHT_GROUNDS),
        _least(palette.dark.accent, DARK_GROUNDS),
    )


def nearest_readable(accent: str) -> str:
    """Return the lightest colour of the same hue that is no lighter and is read well everywhere."""
    lightness, chroma, hue = _oklch(accent)
    steps = (_colour(lightness - step / 400, chroma, hue) for step in range(int(lightness * 400)))
    return next((colour for colour in steps if lowest_contrast(colour) >= LEAST_CONTRAST), "#000000")


def contrast_of(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _least(accent: str, grounds: Iterable[str]) -> float:
    return min(contrast_of(accent, ground) for ground in grounds)


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> tuple[float, float, float]:
    """Return red, green and blue from 0 to 1, as amounts of light."""
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def _oklch(colour: str) -> tuple[float, float, float]:
    """Return lightness, chroma and hue, the latter in radians."""
    red, green, blue = _linear(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _colour(lightness: float, chroma: float, hue: float) -> str:
    """Return the colour with this lightness and hue, and with this chroma or the most that screens can show."""
    while True:
        parts = _from_oklch(lightness, chroma, hue)
        if chroma < 0.001 or all(-0.001 <= part <= 1.001 for part in parts):
            break
        chroma *= 0.98
    parts = [min(1.0, max(0.0, part)) for part in parts]
    encoded = (12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in parts)
    return "#" + "".join(f"{round(part * 255):02x}" for part in encoded)


def _from_oklch(lightness: float, chroma: float, hue: float) -> list[float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return [
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    ]
