"""The C of docs/porting.md compiles as printed, and its flash driver keeps its word."""

import re
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit._core import node
from ecmkit.formats import AskChunks, SetInterval, decode_frame, encode_command
from ecmkit.package import Package
from tests.c.build import WARNINGS, call
from tests.package.device_sample import (
    SETTINGS,
    STUBS,
    Board,
    compiled,
    device_package,
    is_chunk,
    noise,
    provisioned,
)

PAGE = Path(__file__).parents[2] / "docs" / "porting.md"
DRIVER, LOOP = re.findall(r"```c\n(.*?)```", PAGE.read_text("utf-8"), re.S)
COMPILERS = {
    "gcc": (),
    "arm-none-eabi-gcc": ("-mcpu=cortex-m0", "-mthumb"),
}
# Pages that lose power: an erase or a unit that is begun and not done.
CHIP = """
#include <stdio.h>
static uint8_t chip[2 * FLASH_PAGE];
static int calls_left = -1, bad;
static int gone(void) { return calls_left >= 0 && calls_left-- <= 0; }
int chip_erase_page(const uint8_t *page) {
    int off = gone();
    bad += (page - chip) % FLASH_PAGE != 0;
    memset(chip + (page - chip), 0xff, off ? 100 : FLASH_PAGE);
    return off;
}
int chip_program(const uint8_t *at, const uint8_t *unit) {
    int i, off = gone();
    bad += (at - chip) % FLASH_UNIT != 0;
    for (i = 0; i < FLASH_UNIT; i++) { bad += at[i] != 0xff; } /* once an erase */
    memcpy(chip + (at - chip), unit, off ? 3 : FLASH_UNIT);
    return off;
}
int main(void) {
    flash_t flash = {chip, 0, 0, {0}};
    ecm_state_store_t store = flash_store(&flash, FLASH_PAGE);
    uint32_t cut, bytes, n, found;
    for (n = 1; n <= 41; n++) {
        for (cut = 0; cut < 12; cut++) {
            uint8_t old[41], new[41], got[41];
            ecm_status_t status;
            memset(old, 1, n), memset(new, 2, n);
            calls_left = -1;
            bad += ecm_state_save(&store, 3, old, n) || flash_flush(&flash);
            calls_left = (int)cut;
            status = ecm_state_save(&store, 3, new, n);
            status = status != ECM_OK ? status : flash_flush(&flash);
            calls_left = -1;
            flash.held = 0; /* a reset */
            bad += ecm_state_load(&store, 3, got, sizeof got, &bytes) || bytes != n;
            found = !memcmp(got, old, n) ? 1U : !memcmp(got, new, n) ? 2U : 0U;
            bad += found == 0U || (status == ECM_OK && found != 2U);
        }
    }
    printf("%d\\n", bad);
    return 0;
}
"""


@pytest.mark.parametrize("compiler", COMPILERS)
def test_c_of_the_page_compiles(
    compiler: str, package: Package, tmp_path: Path
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    uses = "ecm_state_store_t use(flash_t *flash);\n"
    uses += "ecm_state_store_t use(flash_t *flash) {\n"
    uses += "    return flash_store(flash, FLASH_PAGE);\n}\n"
    for name, text in (("driver", f"{DRIVER}\n{uses}"), ("loop", LOOP)):
        (tmp_path / f"{name}.c").write_text(text)
        call([
            compiler, "-std=c99", "-ffp-contract=off", "-O1", *COMPILERS[compiler],
            *WARNINGS, f"-I{package.path / 'src'}",
            "-c", tmp_path / f"{name}.c", "-o", tmp_path / f"{name}.o",
        ])  # fmt: skip


def test_the_flash_driver_loses_nothing_wherever_power_goes(
    package: Package, tmp_path: Path
) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    (tmp_path / "chip.c").write_text(DRIVER + CHIP)
    source = package.path / "src"
    call([
        "gcc", "-std=c99", "-O1", "-g", "-fsanitize=address,undefined",
        f"-I{source}", tmp_path / "chip.c", source / "ecm_state.c",
        "-o", tmp_path / "chip",
    ])  # fmt: skip
    assert call([tmp_path / "chip"]) == "0\n"


LEARNS = msgspec.structs.replace(
    SETTINGS, learn=msgspec.structs.replace(SETTINGS.learn, windows_len=32)
)
CUTS = 48


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole device on the driver of the page, on a chip that can lose its power."""
    folder = tmp_path_factory.mktemp("driver")
    made = device_package(folder / "fan", device=LEARNS)
    (folder / "chip.c").write_text(DRIVER + (STUBS / "chip.inc").read_text())
    return compiled(made, folder / "d.so", [STUBS / "device.c", folder / "chip.c"])


def live(one: Board, seq: int) -> list[bytes]:
    """Learn, sleep, an alarm with its snapshot, commands, an acknowledgement."""
    one.run(noise(38, 1))
    one.library.device_sleep()
    one.tell(encode_command(SetInterval(60), seq=seq))
    one.run(noise(14, 2, 2.0), now_s=100)
    frames = one.sent(160)
    one.tell(encode_command(AskChunks(first=1, count=2), seq=seq + 1))
    frames += one.sent(220)
    one.library.device_arrived()
    one.library.device_sleep()
    return frames


def test_a_device_on_the_driver_outlives_every_power_cut(library: Path) -> None:
    """Erased to 0xff, each unit written once, and nothing else after a cut."""
    plain = Board(library, provisioned(device=LEARNS), memory="chip")
    assert plain.started == 0
    frames = live(plain, 1)
    assert (sum(map(is_chunk, frames)), plain.refused) == (13, [])
    assert plain.news == [node.LEARNT, node.SNAPSHOT]
    total = plain.number("chip_calls").value
    assert (total > 400, plain.number("chip_bad").value) == (True, 0)
    ends = []
    for cut in np.linspace(0, total, CUTS).astype(int).tolist():
        one = Board(library, provisioned(device=LEARNS), memory="chip")
        one.number("chip_calls_left").value = cut
        live(one, 1)
        assert one.number("chip_bad").value == 0
        again = Board(library, one.flash.tobytes(), memory="chip")
        assert again.started >= 0
        before = again.library.device_window()
        assert before in (0, 38, 52)
        for frame in live(again, 10):
            assert is_chunk(frame) or decode_frame(frame).device_id == 7
        assert again.number("chip_bad").value == 0
        assert again.refused == []
        ends.append(before)
        last = Board(library, again.flash.tobytes(), memory="chip")
        assert (last.started, last.library.device_window()) == (1, before + 52)
    assert ends == sorted(ends)
    assert set(ends) == {0, 38, 52}
