"""Spaces: as data, drawn within their ends, laid out as a grid."""

import msgspec
import pytest

from ecmkit import train
from ecmkit.search import SPACES, Axis, RandomChooser, SearchSettings, chosen, space_of
from ecmkit.search.spaces import points


def test_a_space_is_read_from_toml() -> None:
    text = """
    families = ["mlp"]
    [space.mlp]
    widths = { low = 4, high = 32, log = true, length = [1, 2] }
    dropout = { low = 0.0, high = 0.4, step = 0.2 }
    batch = { choices = [16, 32] }
    """
    made = msgspec.toml.decode(text, type=SearchSettings)
    space = space_of("mlp", made.space["mlp"])
    assert space["learning_rate"] == SPACES["mlp"]["learning_rate"]
    for seed in range(50):
        options = chosen(space, RandomChooser(seed))
        assert 1 <= len(options["widths"]) <= 2
        assert all(isinstance(n, int) and 4 <= n <= 32 for n in options["widths"])
        assert options["dropout"] in (0.0, 0.2, 0.4)
        assert options["batch"] in (16, 32)
        assert 5e-4 <= options["learning_rate"] <= 1e-2


def test_every_end_is_drawn() -> None:
    space = {"n": Axis(low=4, high=8, log=True), "m": Axis(low=0, high=2)}
    drawn = [chosen(space, RandomChooser(seed)) for seed in range(200)]
    assert {d["n"] for d in drawn} == {4, 5, 6, 7, 8}
    assert {d["m"] for d in drawn} == {0, 1, 2}


def test_every_family_has_a_space_of_its_own_options() -> None:
    assert set(SPACES) == set(train.families())
    for family, space in SPACES.items():
        assert set(space) <= train.options_of(family), family  # type: ignore[operator]


@pytest.mark.parametrize(
    ("axis", "choices"),
    [
        (Axis(low=4, high=64, log=True), (4, 16, 64)),
        (Axis(low=0.0, high=0.4, step=0.1), (0.0, 0.2, 0.4)),
        (Axis(low=1, high=2), (1, 2)),
        (Axis(choices=("a",)), ("a",)),
    ],
)
def test_points_of_a_grid(axis: Axis, choices: tuple[object, ...]) -> None:
    assert points(axis, 3).choices == choices


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "low and high, or choices"),
        ({"low": 1, "high": 2, "choices": (1,)}, "low and high, or choices"),
        ({"low": 2, "high": 1}, "low <= high"),
        ({"low": 0, "high": 1, "log": True}, "low > 0"),
        ({"low": 1, "high": 4, "log": True, "step": 1}, "one of the two"),
        ({"low": 1, "high": 4, "length": (2, 1)}, "1 <= a <= b"),
    ],
)
def test_ranges_without_sense_are_refused(
    fields: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Axis(**fields)  # type: ignore[arg-type]


def test_a_family_without_a_space_is_refused() -> None:
    with pytest.raises(ValueError, match="family 'x'"):
        space_of("x")
