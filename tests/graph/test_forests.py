"""Forests in all forms: scikit-learn's probabilities, integers, blobs, odd values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skl2onnx import to_onnx
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from ecmkit.errors import DeviceError, FormatError
from ecmkit.graph import GraphOnHost, compile_graph, import_onnx
from ecmkit.graph.emit.trees_forest import Split, forest_of, keys_of, splits
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Tensor
from ecmkit.graph.transform import forests_apart, integer_features
from tests.graph.oracles import compile_strictly

FORMS = ("tables", "packed", "inline", "loadable")
SUMMED = FORMS[1:]


def run(graph, x, form):
    compiled = compile_graph(graph, name="m", forests=form)
    host = GraphOnHost(compiled, flags=("-O0",))
    blobs = [np.frombuffer(blob, "<u4") for blob in compiled.blobs.values()]
    rows = [host.run(row[None], *blobs)[-1][0] for row in x]
    return np.array(rows)


def imported(model, x):
    made = to_onnx(
        model, x[:1], options={"zipmap": False} if hasattr(model, "classes_") else None,
        target_opset={"": 18, "ai.onnx.ml": 3},
    )  # fmt: skip
    return import_onnx(made.SerializeToString())


def classes(n, width=6, classes=3):
    rng = np.random.default_rng(n)
    y = rng.integers(0, classes, n)
    x = rng.standard_normal((n, width)) + 0.7 * y[:, None] * np.linspace(-1, 1, width)
    return np.rint(x * 500).astype(np.float32), y


def trees(tables, leaves, how="sum", width=3, dtype="f32"):
    """Graph of one forest; a tree is (feature, limit, yes, no) or a row."""
    b = Builder()
    x = b.input("x", Tensor(dtype, (1, width)))
    limit, feature, right, roots = [], [], [], []

    def walk(part, root):
        at = len(feature)
        if isinstance(part, int):
            limit.append(0), feature.append(0xFFFF), right.append(part)
            return
        limit.append(part[1]), feature.append(part[0]), right.append(0)
        walk(part[2], root)
        right[at] = len(feature) - root
        walk(part[3], root)

    for tree in tables:
        roots.append(len(feature))
        walk(tree, roots[-1])
    made = [
        np.array(limit, np.float32), np.array(feature, np.uint16),
        np.array(right, np.uint16), np.array(roots, np.uint32),
        np.array(leaves, np.float32),
    ]  # fmt: skip
    y = Tensor("f32", (1, len(leaves[0])))
    names = [b.constant(table) for table in made]
    return b.graph(b.emit("trees", [x, *names], y, {"how": how}))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n", [2, 11])
def test_probabilities_are_scikit_learns(form, n):
    x, y = classes(300, classes=n)
    for model in (
        RandomForestClassifier(11, max_depth=5, random_state=0),
        ExtraTreesClassifier(3, max_depth=7, random_state=1, class_weight="balanced"),
    ):
        graph = imported(model.fit(x, y), x)
        expected = model.predict_proba(x[:80])
        np.testing.assert_allclose(run(graph, x[:80], form), expected, 1e-5, 1e-7)


@pytest.mark.parametrize("form", FORMS)
def test_regressions_are_scikit_learns(form):
    x, y = classes(300)
    for model in (
        RandomForestRegressor(5, max_depth=6, random_state=0),
        GradientBoostingRegressor(n_estimators=9, random_state=0),
    ):
        graph = imported(model.fit(x, y + x[:, 0]), x)
        expected = model.predict(x[:80])
        np.testing.assert_allclose(run(graph, x[:80], form)[:, 0], expected, 2e-5)


def test_the_forms_that_sum_shares_agree_in_every_bit():
    x, y = classes(200)
    graph = imported(
        RandomForestClassifier(20, max_depth=5, random_state=0).fit(x, y), x
    )
    found = [run(graph, x[:60], form).tobytes() for form in SUMMED]
    assert len(set(found)) == 1


@pytest.mark.parametrize("form", FORMS)
def test_integer_features_decide_as_whole_floats(form):
    x, y = classes(200)
    graph = imported(
        RandomForestClassifier(4, max_depth=6, random_state=0).fit(x, y), x
    )
    whole = integer_features(graph)
    assert whole.tensors[whole.inputs[0]].dtype == "s16"
    np.testing.assert_array_equal(run(whole, x[:99], form), run(graph, x[:99], form))
    tenth = integer_features(graph, scale=0.5)
    np.testing.assert_array_equal(
        run(tenth, 2 * x[:99], form), run(graph, x[:99], form)
    )


def test_features_of_something_else_stay_float():
    x, y = classes(100)
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), RandomForestClassifier(2, random_state=0))
    with pytest.raises(FormatError, match="expected trees only"):
        integer_features(imported(model.fit(x, y), x))
    with pytest.raises(ValueError, match="scale"):
        integer_features(imported(model, x), scale=0.0)


@pytest.mark.parametrize("form", FORMS)
def test_nan_takes_the_other_branch_and_zeros_are_equal(form):
    one = [(0, -0.0, 0, (1, 2.5, 1, 2))]
    graph = trees(one, [[1.5], [2.25], [4.0]], width=2)
    nan = np.array([0x7FC00000, 0xFFC00001], np.uint32).view(np.float32)
    rows = [
        (0.0, 9, 1.5), (-0.0, 9, 1.5), (1e-45, 2.5, 2.25), (-np.inf, 0, 1.5),
        (np.inf, np.inf, 4.0), (nan[0], 2, 2.25), (nan[1], nan[1], 4.0),
        (-np.inf, np.inf, 1.5), (np.inf, -np.inf, 2.25),
    ]  # fmt: skip
    x = np.array([row[:2] for row in rows], np.float32)
    np.testing.assert_array_equal(run(graph, x, form)[:, 0], [row[2] for row in rows])


def test_nan_among_many_features_takes_the_other_branch():
    """A tree a feature, more of both than have lines of their own."""
    graph = trees([(k, -1.0, 0, 1) for k in range(40)], [[0.5], [2.0]], width=40)
    x = np.full((4, 40), -3, np.float32)
    x[1, 38] = np.array(0xFFC00001, np.uint32).view(np.float32)
    x[2, 1], x[2, 2] = np.inf, -np.inf
    x[3, 39] = 9
    np.testing.assert_array_equal(run(graph, x, "inline")[:, 0], [20, 21.5, 21.5, 21.5])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("how", ["sum", "average", "min", "max"])
def test_trees_that_are_leaves_and_all_ways_to_fold(form, how):
    graph = trees([0, 1, (2, 1.0, 2, 0)], [[1.0, 2], [0.25, 8], [-4, 3]], how)
    x = np.array([[0, 0, 1], [0, 0, 2]], np.float32)
    fold = {"sum": np.sum, "average": np.mean, "min": np.min, "max": np.max}[how]
    leaves = np.array([[1.0, 2], [0.25, 8], [-4, 3]])
    expected = [fold(leaves[[0, 1, last]], axis=0) for last in (2, 0)]
    np.testing.assert_allclose(run(graph, x, form), expected, rtol=1e-6)


_PARTS = st.recursive(
    st.integers(0, 3),
    lambda side: st.tuples(
        st.integers(0, 39),
        st.sampled_from([-40000.0, -7.5, 0.0, 3.25, 7e4]),
        side,
        side,
    ),
    max_leaves=24,
)


@given(
    st.lists(_PARTS, min_size=1, max_size=4),
    st.sampled_from(["f32", "s16"]),
    st.integers(0, 2**16),
)
@settings(max_examples=5, deadline=None)
def test_any_forest_is_the_same_in_every_form(tables, dtype, seed):
    rng = np.random.default_rng(seed)
    leaves = [[0.5, 0.5], [1, 0], [0.25, 0.75], rng.uniform(size=2).tolist()]
    graph = trees(tables, leaves, width=40, dtype=dtype)
    x = rng.integers(-9, 10, (20, 40)).astype(np.float32)
    x[0], x[1] = 32767, -32768
    expected = []
    for row in x:
        total = np.zeros(2)
        for tree in tables:
            while not isinstance(tree, int):
                tree = tree[2] if row[tree[0]] <= tree[1] else tree[3]
            total += leaves[tree]
        expected.append(total)
    for form in FORMS:
        np.testing.assert_allclose(run(graph, x, form), expected, 1e-6, 1e-6)


def test_what_no_row_reaches_is_left_out():
    inner = (0, 5.0, 1, 2)  # within x0 <= 2 always met
    graph = trees([(0, 2.0, inner, (0, 1.0, 0, (1, 0.0, 3, 3)))], [[0], [1], [2], [3]])
    (tree,) = forest_of(graph, graph.nodes[0]).trees
    assert [split.limit for split in splits(tree)] == keys_of(np.float32([2])).tolist()
    whole = integer_features(trees([(0, 1e6, 0, 1)], [[0.0], [1]]))
    assert forest_of(whole, whole.nodes[0]).trees == (0,)


def test_equal_trees_are_one():
    same = (1, 4.0, 0, 1)
    graph = trees([(0, 1.0, same, (2, 1.0, same, 1))], [[0.0], [1]])
    (tree,) = forest_of(graph, graph.nodes[0]).trees
    assert isinstance(tree, Split)
    assert isinstance(tree.no, Split)
    assert tree.yes is tree.no.yes


def test_a_blob_replaces_another_and_a_wrong_one_is_refused():
    x, y = classes(300)
    models = [
        RandomForestClassifier(n, max_depth=5, random_state=n).fit(x, y) for n in (6, 4)
    ]
    graphs = [imported(model, x) for model in models]
    compiled = compile_graph(graphs[0], name="m", forests="loadable")
    host = GraphOnHost(compiled)
    _, blobs = forests_apart(graphs[1])
    room = compiled.inputs[1].tensor.size
    words = np.zeros(room, np.uint32)
    words[: blobs["forest0"].size] = blobs["forest0"]
    found = [host.run(row[None], words)[-1][0] for row in x[:50]]
    np.testing.assert_allclose(found, models[1].predict_proba(x[:50]), 1e-5, 1e-7)
    for at, value, status in (
        (0, 7, -6),
        (1, 7, -6),
        (2, 5, -6),
        (3, 0, -3),
        (4, room, -3),
    ):
        wrong = words.copy()
        wrong[at] = value
        with pytest.raises(DeviceError, match=f"status {status}"):
            host.run(x[:1], wrong)


def reached(words, layout, n_features):
    """All words that a walk can meet, in plain Python; IndexError beyond a section."""
    roots, n_words, n_wide = (int(v) for v in words[3:6])
    first = 8 + roots
    rows = words[first + n_words + n_wide :].astype("<u4").tobytes()
    found = 0
    for root in words[8:first].tolist():
        waiting = [(root, False)]
        while waiting:
            at, leaf = waiting.pop()
            found += 1
            if not 0 <= at < n_words or found > 100_000:
                raise IndexError(at)
            if leaf:
                row = int(words[first + at])
                if layout.floats:
                    if 4 * (row + layout.targets) > len(rows):
                        raise IndexError(row)
                    continue
                v = rows[row : row + layout.targets + 1]
                if len(v) <= layout.targets:
                    raise IndexError(row)
                number = v[1] + (v[2] * 256 if layout.targets > 1 else 0)
                if v[0] == 0 and (number + 1) * layout.targets > n_wide:
                    raise IndexError(number)
                continue
            step = 2 if layout.wide else 1
            if at + step > n_words:
                raise IndexError(at)
            word, bits = int(words[first + at + step - 1]), layout.bits
            skip = word >> (bits + 2)
            if not layout.wide:
                skip &= (1 << (14 - bits)) - 1
            if word & ((1 << bits) - 1) >= n_features:
                raise IndexError(word)
            waiting.append((at + step, bool(word >> bits & 1)))
            waiting.append((at + step + skip, bool(word >> bits & 2)))
    return found


@pytest.mark.parametrize("kind", ["few", "wide", "floats"])
def test_what_is_wrong_within_a_blob_is_seen_before_it_is_walked(kind):
    """Random words changed: what the check lets through stays within its sections."""
    x, y = classes(300, classes=3 if kind != "floats" else 2)
    made = RandomForestClassifier(4, max_depth=4, random_state=0).fit(x, y)
    if kind == "floats":
        made = GradientBoostingRegressor(n_estimators=5, random_state=0).fit(x, y)
    graph = imported(made, x)
    if kind == "few":
        graph = integer_features(graph, scale=1e-3)
    apart, blobs = forests_apart(graph)
    (node,) = (n for n in apart.nodes if n.op == "trees_loaded")
    layout, words = node.attrs["layout"], blobs["forest0"]
    host = GraphOnHost(compile_graph(graph, name="m", forests="loadable"))
    host.check(words)
    whole = reached(words, layout, x.shape[1])
    rng = np.random.default_rng(1)
    passed = 0
    for _ in range(1500):
        other = words.copy()
        for at in rng.integers(3, len(words), rng.integers(1, 4)):
            flip = (
                1 << rng.integers(0, 32) if rng.random() < 0.7 else rng.integers(1, 9)
            )
            other[at] ^= np.uint32(flip)
        try:
            host.check(other)
        except DeviceError:
            continue
        passed += 1
        assert reached(other, layout, x.shape[1]) <= 3 * whole
    assert 50 < passed < 1450
    with pytest.raises(ValueError, match="blobs of"):
        host.check(words[:-1])


@pytest.mark.parametrize("form", SUMMED)
def test_compilers_have_nothing_to_say(form, tmp_path):
    x, y = classes(200)
    graph = imported(RandomForestClassifier(5, random_state=0).fit(x, y), x)
    for g in (graph, integer_features(graph)):
        source = compile_graph(g, name="m", forests=form).source
        assert compile_strictly(source, tmp_path, ["gcc"]) == ""


def test_deep_trees_are_refused_with_what_takes_them():
    tree = 0
    for level in range(150):
        tree = (level % 2, -float(level), 1, tree)
    graph = trees([tree], [[0.0], [1]])
    with pytest.raises(FormatError, match='use forests="packed"'):
        compile_graph(graph, name="m", forests="inline")
    assert run(graph, np.array([[200.0, 200, 0]]), "packed") == 0
    with pytest.raises(ValueError, match="expected one of tables"):
        compile_graph(graph, name="m", forests="table")
