"""The charge of a day, and what it cannot be told without."""

import msgspec
import pytest

from ecmkit.bench import Supply
from ecmkit.bench.charge import charge_of
from ecmkit.targets import Power, load_target

BOARD = load_target("nucleo-f401re")  # 12.5 mA, 0.042 mA asleep


def test_a_day_is_computing_waiting_and_sleeping() -> None:
    supply = Supply(active_ma=20.0, idle_ma=2.0, sleep_ma=0.1, duty=0.25)
    found = charge_of((10.0, 20.0), supply, BOARD)
    low = 6 * (0.1 * 20.0 + 0.9 * 2.0) + 18 * 0.1
    high = 6 * (0.2 * 20.0 + 0.8 * 2.0) + 18 * 0.1
    assert found.mah_per_day == pytest.approx((low, high))
    assert found.missing == ""


def test_the_board_gives_what_the_project_does_not() -> None:
    power = Power(active_ma=10.0, supply_v=3.3, source="made up", sleep_ma=0.5)
    target = msgspec.structs.replace(BOARD, power=power)
    found = charge_of((50.0, 50.0), Supply(), target)
    assert found.mah_per_day == pytest.approx((126.0, 126.0))
    own = charge_of((50.0, 50.0), Supply(active_ma=20.0), target)
    assert own.mah_per_day == pytest.approx((246.0, 246.0))


@pytest.mark.parametrize("board", ["nucleo-f401re", "nrf52840dk"])
def test_boards_whose_data_sheets_say_it_need_no_project(board: str) -> None:
    target = load_target(board)
    power = target.power
    assert power is not None
    assert power.sleep_ma is not None
    found = charge_of((10.0, 10.0), Supply(duty=0.1), target)
    asleep = 24 * power.sleep_ma
    assert found.missing == ""
    assert found.mah_per_day == pytest.approx(
        (0.24 * power.active_ma + 0.99 * asleep,) * 2
    )


@pytest.mark.parametrize(
    ("percent", "supply", "board", "words"),
    [
        ((10.0, 12.0), Supply(active_ma=9.0), "mps2-an386",
         "`power.sleep_ma` in mps2-an386.toml or the project file"),
        ((10.0, 12.0), Supply(active_ma=9.0, idle_ma=1.0, duty=0.5), "mps2-an386",
         "`power.sleep_ma` in mps2-an386.toml or the project file"),
        ((10.0, 12.0), Supply(), "mps2-an386",
         "`power.active_ma` and `power.sleep_ma` in mps2-an386.toml or the project"),
        (None, Supply(), "mps2-an500", "`cpu.cycles` in cortex-m7"),
        ((90.0, 130.0), Supply(sleep_ma=1.0), "nucleo-f401re",
         "its windows take 130 % of the processor's time"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(
    percent: tuple[float, float] | None, supply: Supply, board: str, words: str
) -> None:
    found = charge_of(percent, supply, load_target(board))
    assert found.mah_per_day is None
    assert words in found.missing


def test_waiting_all_day_needs_no_current_of_sleep() -> None:
    machine = load_target("mps2-an386")
    found = charge_of((0.0, 0.0), Supply(active_ma=9.0, idle_ma=1.0), machine)
    assert found.mah_per_day == pytest.approx((24.0, 24.0))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("active_ma", -1.0), ("idle_ma", float("nan")), ("sleep_ma", float("inf")),
        ("duty", 0.0), ("duty", 1.5),
    ],
)  # fmt: skip
def test_what_is_no_current_or_share_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"`{field}`: found"):
        Supply(**{field: value})
