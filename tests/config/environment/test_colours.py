"""Test the colours that follow from the accent of the site."""

import colorsys

import pytest

from config.environment.colours import (
    DARK_GROUNDS,
    LEAST_CONTRAST,
    LIGHT_GROUNDS,
    contrast_of,
    lowest_contrast,
    nearest_readable,
    palette_of,
)

# Every hue in three degrees of saturation and three of lightness, and the extremes.
COLOURS = [
    "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue / 24, lightness, saturation))
    for hue in range(24)
    for lightness in (0.15, 0.5, 0.85)
    for saturation in (0.1, 0.5, 1.0)
] + ["#000000", "#ffffff", "#777777"]


@pytest.mark.parametrize(
    ("one", "other", "contrast"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, contrast: float) -> None:
    assert contrast_of(one, other) == pytest.approx(contrast, abs=0.01)
    assert contrast_of(other, one) == contrast_of(one, other)


def test_accent_of_the_dark_scheme_is_read_well_whatever_the_hue() -> None:
    darks = [palette_of(colour).dark for colour in COLOURS]

    assert min(contrast_of(dark.accent, ground) for dark in darks for ground in DARK_GROUNDS) >= LEAST_CONTRAST
    assert min(dark.contrast for dark in darks) >= LEAST_CONTRAST
    assert min(contrast_of(dark.strong, dark.on_accent) for dark in darks) >= LEAST_CONTRAST


def test_nearest_colour_is_read_well_on_every_ground_of_the_light_scheme() -> None:
    for colour in map(nearest_readable, COLOURS):
        light = palette_of(colour).light

        assert min(contrast_of(colour, ground) for ground in LIGHT_GROUNDS) >= LEAST_CONTRAST, colour
        assert contrast_of(light.strong, light.soft) >= LEAST_CONTRAST, colour
        assert lowest_contrast(colour) >= LEAST_CONTRAST, colour


def test_nearest_colour_of_one_that_is_read_well_is_itself() -> None:
    assert lowest_contrast("#0057b8") >= LEAST_CONTRAST
    assert nearest_readable("#0057b8") == "#0057b8"


def test_nearest_colour_is_hardly_darker_than_it_has_to_be() -> None:
    assert lowest_contrast(nearest_readable("#ffcc00")) == pytest.approx(LEAST_CONTRAST, abs=0.1)
