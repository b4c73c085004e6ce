"""Rows of what is made of a spectrum of 513 bins, that of 1024 samples."""

from benchmarks.device_kernels.row import Kernel
from ecmkit.features.mel import MelBank
from ecmkit.package.mel import mel_bank_c
from ecmkit.package.transforms import transforms_c

__all__ = ["SPECTRA"]

BINS = 513
BANK = MelBank(fs_hz=16000, n_samples=1024, n_mels=128)
POWER = (
    "uint32_t i;\necm_test_noise_f32(1, power, 513);\n"
    "for (i = 0; i < 513U; i++) {\n    power[i] *= power[i];\n}"
)


def _power(name: str, taper: str, call: str) -> Kernel:
    """Describe a function that makes a power spectrum of bins."""
    return Kernel(
        name=f"spectrum.{name}.1024",
        header="ecm_spectrum.h",
        data=f"static float x[1024], power[513];\n{taper}static ecm_status_t status;",
        setup="ecm_test_noise_f32(1, x, 1024);",
        call=f"status = {call};",
        result='ecm_test_s32("status", status);\n'
        'ecm_test_array_f32("power", power, 513);',
        per=BINS,
        unit="bin",
    )


def _shape(name: str, call: str, *, module: str = "spectrum", data: str = "",
           result: str = 'ecm_test_f32("out", out);') -> Kernel:  # fmt: skip
    """Describe a function that sums up a power spectrum."""
    return Kernel(
        name=f"{module}.{name}.513",
        header=f"ecm_{module}.h",
        data=f"static float power[513];\n{data or 'static float out;'}",
        setup=POWER,
        call=f"{call};",
        result=result,
        per=BINS,
        unit="bin",
    )


def _line(name: str, call: str, data: str, out: str) -> Kernel:
    """Describe a function that reads lines: their number counts, not the bins'."""
    shown = out.removeprefix("&")
    return Kernel(
        name=f"line.{name}.513",
        header="ecm_line.h",
        data=f"static float power[513];\n{data}\nstatic ecm_status_t status;",
        setup=POWER,
        call=f"status = {call};",
        result=f'ecm_test_s32("status", status);\n'
        f'ecm_test_bytes("out", {out}, sizeof {shown});',
    )


SPECTRA = (
    _power("hann_power_f32", "", "ecm_spectrum_hann_power_f32(x, 1024, 1.0f, power)"),
    _power(
        "power_f32.flat_top",
        "static const ecm_spectrum_taper_t taper = ECM_SPECTRUM_FLAT_TOP;\n",
        "ecm_spectrum_power_f32(&taper, x, 1024, 1.0f, power)",
    ),
    _shape(
        "average_f32", "(void)ecm_spectrum_average_f32(mean, &count, power, 513, 8)",
        data="static float mean[513];\nstatic uint32_t count = 3;",
        result='ecm_test_array_f32("mean", mean, 513);',
    ),
    _shape(
        "bands_f32", "(void)ecm_spectrum_bands_f32(power, 513, 25.0f, bands, 4, out)",
        data="static const float bands[8] = {0.0f, 3000.0f, 3000.0f, 6000.0f,\n"
        "    6000.0f, 9000.0f, 9000.0f, 13000.0f};\nstatic float out[4];",
        result='ecm_test_array_f32("out", out, 4);',
    ),
    _shape("centroid_f32", "out = ecm_spectrum_centroid_f32(power, 513, 25.0f)"),
    _shape(
        "moments_f32", "(void)ecm_spectrum_moments_f32(power, 513, 25.0f, &out)",
        data="static ecm_spectrum_moments_t out;",
        result='ecm_test_bytes("out", &out, sizeof out);',
    ),
    _shape("flatness_f32", "out = ecm_spectrum_flatness_f32(power, 513)"),
    _shape("entropy_f32", "out = ecm_spectrum_entropy_f32(power, 513)"),
    _shape("rolloff_f32", "out = ecm_spectrum_rolloff_f32(power, 513, 25.0f, 0.95f)"),
    _shape("crest_f32", "out = ecm_spectrum_crest_f32(power, 513)"),
    _line("peaks_f32", "ecm_line_peaks_f32(power, 513, 25.0f, 0.0f, 1e5f, 75.0f, 8, "
          "peaks)", "static ecm_line_t peaks[8];", "peaks"),
    _line("harmonics_f32", "ecm_line_harmonics_f32(power, 513, 25.0f, 710.0f, 0.02f, 8,"
          "\n    out, &out[8])", "static float out[9];", "out"),
    _line("sidebands_f32", "ecm_line_sidebands_f32(power, 513, 25.0f, 6000.0f, 710.0f,"
          "\n    25.0f, 3, &carrier, out)", "static ecm_line_t carrier;\n"
          "static float out[6];", "out"),
    _line("speed_f32", "ecm_line_speed_f32(power, 513, 25.0f, 300.0f, 1200.0f, &out)",
          "static ecm_line_speed_t out;", "&out"),
    # 128 filters and their levels, as MLPerf Tiny's anomaly detection takes them
    _shape(
        "log_128", "(void)ecm_mel_energies_f32(&bank, power, 513, out);\n"
        "(void)ecm_mel_level_f32(out, 128, 196608.0f, 2.220446e-16f, out)",
        module="mel", data=mel_bank_c("bank", BANK) + "static float out[128];",
        result='ecm_test_array_f32("out", out, 128);',
    ),
    _shape(
        "real_f32", "(void)ecm_cepstrum_real_f32(&plan, power, work, out)",
        module="cepstrum", data=transforms_c({"plan": (512, True)})
        + "static float work[1024], out[1024];",
        result='ecm_test_array_f32("out", out, 1024);',
    ),
)  # fmt: skip
