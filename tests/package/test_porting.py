"""The C of docs/porting.md compiles as printed, and its flash driver keeps its word."""

import re
import shutil
from pathlib import Path

import pytest

from ecmkit.package import Package
from tests.c.build import WARNINGS, call

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
    ecm_state_store_t store = flash_store(&flash);
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
    uses += "ecm_state_store_t use(flash_t *flash) { return flash_store(flash); }\n"
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
