"""A small application with hand-written models, and signals for it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ecmkit.drift.records import Reference, ScoreWatch
from ecmkit.formats import EnvelopeStep, FeatureContract
from ecmkit.graph import CompiledModel
from ecmkit.graph.ir import Port, Tensor
from ecmkit.package import Application

WINDOW = 512
HOP = 256
FS_HZ = 12000.0
SPEED_HZ = 100.0
WARM = 12
"""Windows at the start that give no features."""
FEATURES = (
    (2, 0, 0.0, 0.0, "rms", "g"),
    (7, 0, 0.0, 0.0, "kurtosis", "1"),
    (8, 0, 0.0, 0.0, "crest", "1"),
    (32, 0, 1000.0, 3000.0, "band_rms_1k_3k", "g"),
    (65, 0, 5.4, 0.0, "env_bpfi", "1"),
    (69, 0, 0.0, 0.0, "env_kurtosis", "1"),
)

FEATURES_IN = Port("features", Tensor("f32", (1, 6)))

FOREST_C = """\
#include "ecm_tree.h"

static const ecm_tree_node_t nodes[8] = {
    {0x1p-2F, 0U, 2U},      {0x0p+0F, 65535U, 0U}, {0x1.8p+1F, 1U, 4U},
    {0x0p+0F, 65535U, 1U},  {0x0p+0F, 65535U, 2U}, {0x1p+1F, 5U, 2U},
    {0x0p+0F, 65535U, 0U},  {0x0p+0F, 65535U, 2U},
};
static const uint32_t roots[2] = {0U, 5U};
static const float leaves[9] = {
    0x1p+0F, 0x0p+0F, 0x0p+0F, 0x1p-1F, 0x1p-1F, 0x0p+0F, 0x1.99999ap-3F,
    0x1.99999ap-3F, 0x1.333334p-1F,
};
static const ecm_tree_forest_t forest = {
    .nodes = nodes, .roots = roots, .leaves = leaves,
    .trees_len = 2, .classes_len = 3, .features_len = 6,
};
ecm_status_t ecm_model_classifier(const float *features, float *outputs, void *work);
ecm_status_t ecm_model_classifier(const float *features, float *outputs, void *work) {
    (void)work;
    return ecm_tree_forest_predict_f32(&forest, features, outputs);
}
"""

KMEANS_C = """\
#include "ecm_feat.h"
#include "ecm_kmeans.h"

static const float mean[6] = {0x1p-2F, 0x1.8p+1F, 0x1p+2F, 0x1p-3F, 0x1p+0F, 0x1p+1F};
static const float inv_sd[6] = {0x1p+2F, 0x1p+0F, 0x1p+0F, 0x1p+3F, 0x1p+0F, 0x1p+0F};
static const float centroids[12] = {
    0x0p+0F, 0x1p-2F, 0x0p+0F, -0x1p-1F, 0x1p-3F, 0x0p+0F,
    0x1p+0F, 0x1p+1F, 0x1p+0F, 0x1.4p+0F, 0x1p+1F, 0x1.8p+0F,
};
static const ecm_kmeans_t model = {centroids, 2, 6};
ecm_status_t ecm_model_anomaly(const float *features, float *outputs, void *work);
ecm_status_t ecm_model_anomaly(const float *features, float *outputs, void *work) {
    float *z = work;
    ecm_status_t status = ecm_feat_scale_f32(features, mean, inv_sd, 6, z);
    ECM_REQUIRE(status >= ECM_OK, status);
    return ecm_kmeans_distance_f32(&model, z, outputs, NULL);
}
"""


def contract(**changes: object) -> FeatureContract:
    parts: dict[str, object] = {
        "channels": ("drive_end",),
        "unit": "g",
        "fs_hz": FS_HZ,
        "range": 8.0,
        "window_len": WINDOW,
        "hop_len": HOP,
        "speed_hz": (80.0, 120.0),
        "envelope": EnvelopeStep(
            detector="analytic",
            form="magnitude",
            whiten=False,
            halfwidth=0.03125,
            bin=90,
            bins_len=70,
            m=80,
            sections=(),
            rectifier_taps=(),
            rectifier_factor=1,
            taps=(),
            factor=1,
            len=480,
            bin_hz=3.90625,
        ),
        "features": tuple((0, *row[:4]) for row in FEATURES),
        "names": tuple(row[4] for row in FEATURES),
        "units": tuple(row[5] for row in FEATURES),
    }
    return FeatureContract(**{**parts, **changes})  # type: ignore[arg-type]


def models() -> tuple[CompiledModel, ...]:
    return (
        CompiledModel(
            name="classifier",
            kind="class",
            source=FOREST_C,
            symbol="ecm_model_classifier",
            inputs=(FEATURES_IN,),
            outputs=("healthy", "inner", "outer"),
            results=(Port("y", Tensor("f32", (1, 3))),),
            work_bytes=0,
            align=4,
            modules=("tree",),
            flash_bytes=110,
        ),
        CompiledModel(
            name="anomaly",
            kind="score",
            source=KMEANS_C,
            symbol="ecm_model_anomaly",
            inputs=(FEATURES_IN,),
            outputs=("distance",),
            results=(Port("y", Tensor("f32", (1, 1))),),
            work_bytes=24,
            align=4,
            modules=("feat", "kmeans"),
            flash_bytes=96,
        ),
    )


def application(*, name: str = "pump", **changes: object) -> Application:
    edges = np.linspace(0.1, 4.0, 7, dtype=np.float32)
    parts: dict[str, object] = {
        "name": name,
        "contract": contract(),
        "models": models(),
        "watches": (
            ScoreWatch(
                score="distance",
                floor=0.01,
                mean=0.3,
                inv_sd=1.5,
                k=0.5,
                h=4.0,
                arl0=1000.0,
                arl0_interval=(900.0, 1100.0),
                n_reference=200,
            ),
        ),
        "reference": Reference(
            names=contract().names,
            edges=np.tile(edges, (6, 1)),
            probabilities=np.full((6, 8), 0.125, np.float32),
            n=200,
        ),
        "device_id": 7,
    }
    return Application(**{**parts, **changes})  # type: ignore[arg-type]


def signal(windows: int = 6, *, seed: int = 1) -> NDArray[np.float32]:
    """Noise, from the middle on with impacts at an inner-race order.

    It is long enough for so many windows with features.
    """
    rng = np.random.default_rng(seed)
    n = WINDOW + (WARM + windows - 1) * HOP
    x = rng.normal(0.0, 0.2, n)
    time = np.arange(n) / FS_HZ
    period = 1.0 / (5.4 * SPEED_HZ)
    ring = np.exp(-800.0 * (time % period)) * np.sin(2 * np.pi * 3000.0 * time)
    x[n // 2 :] += 1.5 * ring[n // 2 :]
    return x.astype(np.float32)


def rivals() -> tuple[CompiledModel, ...]:
    """Challengers of the models: other limits, and a class that they do not have."""
    classifier, anomaly = models()
    return (
        replace(
            classifier,
            source=FOREST_C.replace("0x1p-2F, 0U, 2U", "0x1.4p-2F, 0U, 2U"),
            outputs=("healthy", "cage", "inner"),
        ),
        replace(
            anomaly, source=KMEANS_C.replace("{0x1p-2F, 0x1.8p+1F", "{0x1p-3F, 3.5F")
        ),
    )
