"""The themes: what can be told from what, in numbers."""

import math
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from nanopiano.gui.draw.palette import Colour, blend, contrast, from_oklch
from nanopiano.gui.draw.ruler import LOOPED, MARKED
from nanopiano.gui.draw.theme import DARK, LIGHT, Theme

THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
# How the linear light of a screen looks without one kind of cone: Machado, Oliveira and Fernandes, "A physiologically-
# based model for simulation of color vision deficiency", IEEE Trans. Vis. Comput. Graph. 15 (2009) 1291-1298.
WITHOUT = {
    "red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
TO_CONES = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005]]  # fmt: skip
TO_LAB = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
          [0.0259040371, 0.7827717662, -0.8086757660]]  # fmt: skip
JUST_SEEN = 0.02  # distance in Oklab at which two patches of colour can just be told apart


def look(colour: Colour, cones: list[list[float]]) -> NDArray[np.float64]:
    """A colour in Oklab as eyes see it that have lost a kind of cone."""
    part = np.array(colour) / 255
    light = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(cones) @ light, 0, 1)
    return np.asarray(np.array(TO_LAB) @ np.cbrt(np.array(TO_CONES) @ seen))


def grounds(theme: Theme) -> list[Colour]:
    return [theme.ground, theme.panel, theme.raised]


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@THEMES
def test_texts_can_be_read_on_every_ground(theme: Theme) -> None:
    for ground in grounds(theme):
        assert contrast(theme.text, ground) > 7
        assert contrast(theme.dim, ground) >= 4.5
        assert contrast(theme.error, ground) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    for share in (MARKED, LOOPED):
        assert contrast(theme.text, blend(theme.ground, theme.accent, share)) >= 4.5
    assert contrast(theme.black_key, theme.white_key) >= 4.5


@THEMES
def test_what_matters_stands_out_from_its_ground(theme: Theme) -> None:
    for ground in (theme.ground, theme.panel, theme.black_row):
        assert contrast(theme.accent, ground) >= 3
        for colours in (theme.notes, *theme.hands):
            assert min(contrast(colour, ground) for colour in colours) >= 3


@THEMES
def test_new_notes_stand_out_more_than_the_prompt_and_that_more_than_past_notes(theme: Theme) -> None:
    def strength(colour: Colour) -> float:
        return contrast(colour, theme.panel)

    assert min(map(strength, theme.notes)) > strength(theme.prompt) > strength(theme.past(theme.prompt)) > 1.3
    assert all(
        strength(theme.past(colour)) < strength(colour) < strength(theme.sounding(colour)) for colour in theme.notes
    )


@THEMES
def test_a_higher_octave_is_lighter(theme: Theme) -> None:
    assert all(
        contrast(theme.note(low + 12), (0, 0, 0)) > contrast(theme.note(low), (0, 0, 0)) for low in range(21, 97)
    )


@THEMES
def test_neighbours_in_harmony_are_neighbours_in_colour(theme: Theme) -> None:
    def distance(one: int, other: int) -> float:
        return math.dist(theme.note(one), theme.note(other))

    assert all(distance(pitch, pitch + 7) < distance(pitch, pitch + 6) for pitch in range(48, 72))


@THEMES
@pytest.mark.parametrize("missing", WITHOUT)
def test_pitch_classes_differ_for_eyes_without_a_kind_of_cone(theme: Theme, missing: str) -> None:
    for c in range(24, 108, 12):
        seen = [look(theme.note(pitch), WITHOUT[missing]) for pitch in range(c, c + 12)]
        assert min(float(np.linalg.norm(one - other)) for one, other in combinations(seen, 2)) > JUST_SEEN


@THEMES
@pytest.mark.parametrize("missing", WITHOUT)
def test_hands_differ_clearly_for_eyes_without_a_kind_of_cone(theme: Theme, missing: str) -> None:
    for left, right in zip(*theme.hands, strict=True):
        assert np.linalg.norm(look(left, WITHOUT[missing]) - look(right, WITHOUT[missing])) > 5 * JUST_SEEN


def test_a_colour_that_the_screen_has_not_loses_colourfulness_but_not_lightness_or_hue() -> None:
    identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    for hue in range(0, 360, 15):
        lightness, a, b = look(from_oklch(0.8, 0.3, hue), identity)
        assert lightness == pytest.approx(0.8, abs=0.01)
        assert math.cos(math.atan2(b, a) - math.radians(hue)) > 0.998
