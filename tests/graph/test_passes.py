import numpy as np

from ecmkit.graph.passes import fold_scales, remove_unused
from ecmkit.graph.program import Mse, Program, Scale

RNG = np.random.default_rng(0)


def scale(x: str, y: str, *, zero: bool = False) -> Scale:
    inv_sd = RNG.uniform(0.5, 2.0, 3).astype(np.float32)
    if zero:
        inv_sd[1] = 0.0
    return Scale(x=x, y=y, mean=RNG.normal(size=3).astype(np.float32), inv_sd=inv_sd)


def program(*ops: object, output: str) -> Program:
    widths = {"features": 3, **{op.y: 3 for op in ops}}
    return Program(input="features", output=output, ops=ops, widths=widths)


def test_folding_keeps_the_meaning() -> None:
    a, b = scale("features", "v1"), scale("v1", "v2")
    (merged,) = fold_scales(program(a, b, output="v2")).ops
    x = RNG.normal(size=(100, 3)).astype(np.float32)
    exact = ((x.astype(np.float64) - a.mean) * a.inv_sd - b.mean) * b.inv_sd
    np.testing.assert_allclose((x - merged.mean) * merged.inv_sd, exact, atol=2e-6)


def test_an_ignored_feature_is_not_folded() -> None:
    ops = (scale("features", "v1", zero=True), scale("v1", "v2"))
    assert len(fold_scales(program(*ops, output="v2")).ops) == 2


def test_a_scaler_that_others_read_is_not_folded() -> None:
    ops = (scale("features", "v1"), scale("v1", "v2"), Mse(x="v1", r="v2", y="v3"))
    assert len(fold_scales(program(*ops, output="v3")).ops) == 3


def test_unused_operations_go() -> None:
    ops = (scale("features", "v1"), scale("features", "v2"))
    left = remove_unused(program(*ops, output="v2"))
    assert [op.y for op in left.ops] == ["v2"]
    assert set(left.widths) == {"features", "v2"}
