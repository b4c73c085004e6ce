"""Functions of single elements: C expressions by name and by kind of number."""

from dataclasses import dataclass

from ecmkit.graph.c_writer import float_literal

__all__ = ["FUNCTIONS", "Function", "literal"]


def literal(value: float | int | bool, dtype: str) -> str:
    """C constant of a kind.

    Examples
    --------
    >>> literal(0.5, "f32"), literal(-1, "s64"), literal(True, "bool")
    ('0x1p-1F', '-1', '1U')
    """
    if dtype == "f32":
        return _float(float(value))
    number = int(value)
    if dtype == "s64":
        if number == -(2**63):
            return "(-9223372036854775807LL - 1)"
        return f"{number}LL" if abs(number) > 2**31 - 1 else str(number)
    if dtype == "s32" and number == -(2**31):
        return "(-2147483647L - 1)"
    if dtype == "u64" and number > 2**32 - 1:
        return f"{number}ULL"
    return f"{number}U" if dtype[0] in "ub" else str(number)


def _float(value: float) -> str:
    if value != value:
        return "ecm_bits_to_f32(ECM_BITS_NAN)"
    if value in (float("inf"), float("-inf")):
        bits = "ecm_bits_to_f32(ECM_BITS_INFINITY)"
        return bits if value > 0 else f"-{bits}"
    return float_literal(value)


@dataclass(frozen=True)
class Function:
    """C of a function of elements.

    The text holds ``{0}``, ``{1}``, ... for the elements, ``{c}`` for the C type of the
    result and ``{name}`` for settings of the node.
    """

    real: str = ""
    """For float32; empty: not defined there."""
    whole: str = ""
    """For integers."""
    modules: tuple[str, ...] = ()
    """Modules of the device library that the real form needs."""

    def text(self, dtype: str) -> str:
        """C of the function for one kind of element; empty if there is none."""
        return self.real if dtype == "f32" else self.whole


def _call(name: str, module: str = "func") -> Function:
    return Function(f"ecm_{module}_{name}_f32({{0}})", "", (module,))


def _compare(sign: str) -> Function:
    return Function(
        f"({{0}} {sign} {{1}} ? 1U : 0U)", f"({{0}} {sign} {{1}} ? 1U : 0U)"
    )


def _infix(sign: str) -> Function:
    return Function(f"{{0}} {sign} {{1}}", f"({{c}})({{0}} {sign} {{1}})")


def _bits(sign: str) -> Function:
    return Function("", f"({{c}})({{0}} {sign} {{1}})")


_NAN_FIRST = "({0} != {0} || {0} %s {1} ? {0} : {1})"

FUNCTIONS: dict[str, Function] = {
    "identity": Function("{0}", "{0}"),
    "neg": Function("-{0}", "({c})(0 - {0})"),
    "abs": Function(
        "ecm_bits_to_f32(ecm_bits_from_f32({0}) & 0x7fffffffU)",
        "({c})({0} < 0 ? 0 - {0} : {0})",
        ("bits",),
    ),
    "sign": Function(
        "({0} > 0.0F ? 1.0F : {0} < 0.0F ? -1.0F : {0})",
        "({c})({0} > 0 ? 1 : {0} < 0 ? -1 : 0)",
    ),
    "reciprocal": Function("1.0F / {0}"),
    "sqrt": _call("sqrt", "math"),
    "exp": _call("exp", "math"),
    "log": _call("log", "math"),
    "tanh": _call("tanh", "math"),
    "sigmoid": _call("logistic", "math"),
    "sin": _call("sin", "trig"),
    "cos": _call("cos", "trig"),
    "atan": Function("ecm_trig_atan2_f32({0}, 1.0F)", "", ("trig",)),
    **{
        name: _call(name)
        for name in (
            *("floor", "ceil", "round", "tan", "asin", "acos", "sinh", "cosh"),
            *("asinh", "acosh", "atanh", "erf", "softplus"),
        )
    },
    "relu": Function("({0} < 0.0F ? 0.0F : {0})", "({c})({0} < 0 ? 0 : {0})"),
    "leaky_relu": Function("({0} < 0.0F ? {alpha} * {0} : {0})"),
    "thresholded_relu": Function("({0} > {alpha} ? {0} : 0.0F)"),
    "elu": Function(
        "({0} < 0.0F ? {alpha} * ecm_func_expm1_f32({0}) : {0})",
        modules=("func",),
    ),
    "selu": Function(
        "{gamma} * ({0} > 0.0F ? {0} : {alpha} * ecm_func_expm1_f32({0}))",
        modules=("func",),
    ),
    "celu": Function(
        "({0} < 0.0F ? {alpha} * ecm_func_expm1_f32({0} / {alpha}) : {0})",
        modules=("func",),
    ),
    "hard_sigmoid": Function(
        "ecm_func_clip_f32({alpha} * {0} + {beta}, 0.0F, 1.0F)", modules=("func",)
    ),
    "hard_swish": Function(
        "{0} * ecm_func_clip_f32({0} * 0x1.555556p-3F + 0.5F, 0.0F, 1.0F)",
        modules=("func",),
    ),
    "swish": Function("{0} * ecm_math_logistic_f32({alpha} * {0})", modules=("math",)),
    "mish": Function(
        "{0} * ecm_math_tanh_f32(ecm_func_softplus_f32({0}))",
        modules=("func", "math"),
    ),
    "softsign": Function("{0} / (1.0F + ({0} < 0.0F ? -{0} : {0}))"),
    "gelu": Function(
        "0.5F * {0} * (1.0F + ecm_func_erf_f32({0} * 0x1.6a09e6p-1F))",
        modules=("func",),
    ),
    "gelu_tanh": Function(
        "0.5F * {0} * (1.0F + ecm_math_tanh_f32("
        "0x1.988454p-1F * ({0} + 0x1.6e4e26p-5F * {0} * {0} * {0})))",
        modules=("math",),
    ),
    "shrink": Function(
        "({0} < -{lambd} ? {0} + {bias} : {0} > {lambd} ? {0} - {bias} : 0.0F)",
        "({c})({0} < -{lambd} ? {0} + {bias} : {0} > {lambd} ? {0} - {bias} : 0)",
    ),
    "not": Function("", "({0} != 0U ? 0U : 1U)"),
    "isnan": Function("({0} != {0} ? 1U : 0U)"),
    "isinf": Function(
        "(({positive} && {0} > 0x1.fffffep127F) || ({negative} && "
        "{0} < -0x1.fffffep127F) ? 1U : 0U)",
    ),
    "bit_not": Function("", "({c})~{0}"),
    "add": _infix("+"),
    "sub": _infix("-"),
    "mul": _infix("*"),
    "div": Function("{0} / {1}", "({c})({1} == 0 ? 0 : {0} / {1})"),
    "max": Function(_NAN_FIRST % ">", "({c})({0} > {1} ? {0} : {1})"),
    "min": Function(_NAN_FIRST % "<", "({c})({0} < {1} ? {0} : {1})"),
    "pow": Function("ecm_func_pow_f32({0}, {1})", modules=("func",)),
    "mod": Function(
        "ecm_func_mod_f32({0}, {1})",
        "({c})({1} == 0 ? 0 : {0} % {1} != 0 && ({0} % {1} < 0) != ({1} < 0)"
        " ? {0} % {1} + {1} : {0} % {1})",
        ("func",),
    ),
    "fmod": Function(
        "ecm_func_fmod_f32({0}, {1})",
        "({c})({1} == 0 ? 0 : {0} % {1})",
        ("func",),
    ),
    "prelu": Function("({0} < 0.0F ? {1} * {0} : {0})"),
    "equal": _compare("=="),
    "less": _compare("<"),
    "less_equal": _compare("<="),
    "greater": _compare(">"),
    "greater_equal": _compare(">="),
    "and": Function("", "({0} != 0U && {1} != 0U ? 1U : 0U)"),
    "or": Function("", "({0} != 0U || {1} != 0U ? 1U : 0U)"),
    "xor": Function("", "({0} != {1} ? 1U : 0U)"),
    "bit_and": _bits("&"),
    "bit_or": _bits("|"),
    "bit_xor": _bits("^"),
    "shift_left": Function(
        "", "({c})((uint32_t){1} >= 8U * sizeof({c}) ? 0 : (uint64_t){0} << {1})"
    ),
    "shift_right": Function(
        "",
        "({c})((uint32_t){1} < 8U * sizeof({c}) ? {0} >> {1} : {0} < 0 ? -1 : 0)",
    ),
    "where": Function("({0} != 0U ? {1} : {2})", "({c})({0} != 0U ? {1} : {2})"),
    "clip": Function(
        "ecm_func_clip_f32({0}, {1}, {2})",
        "({c})({0} < {1} ? ({1} < {2} ? {1} : {2}) : {0} < {2} ? {0} : {2})",
        ("func",),
    ),
}
