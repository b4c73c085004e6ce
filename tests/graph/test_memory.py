"""The memory plan: nothing overlaps, and nobody's greedy plan is smaller."""

import numpy as np
import pytest

from ecmkit.graph.memory import Buffer, lower_bound, place


def greedy_of_tflite_micro(buffers):
    """Largest first, each at the lowest place that is free while it lives."""
    offsets = {}
    for buffer in sorted(buffers, key=lambda b: (-b.bytes, b.first)):
        others = sorted(
            (offsets[o.name], o.bytes)
            for o in buffers
            if o.name in offsets and o.first <= buffer.last and buffer.first <= o.last
        )
        at = 0
        for start, size in others:
            if at + buffer.bytes <= start:
                break
            at = max(at, start + size)
        offsets[buffer.name] = at
    return max((offsets[b.name] + b.bytes for b in buffers), default=0)


def random_buffers(rng):
    n = int(rng.integers(1, 30))
    first = rng.integers(0, 25, n)
    length = rng.integers(0, 8, n)
    sizes = 4 * rng.integers(1, 300, n)
    return [
        Buffer(f"b{i}", int(sizes[i]), int(first[i]), int(first[i] + length[i]))
        for i in range(n)
    ]


@pytest.mark.parametrize("seed", range(200))
def test_no_two_live_buffers_overlap_and_no_plan_is_worse(seed):
    buffers = random_buffers(np.random.default_rng(seed))
    plan = place(buffers)
    for i, a in enumerate(buffers):
        low = plan.offsets[a.name]
        assert low % 4 == 0
        assert low + a.bytes <= plan.bytes
        for b in buffers[i + 1 :]:
            if a.first <= b.last and b.first <= a.last:
                other = plan.offsets[b.name]
                assert low + a.bytes <= other or other + b.bytes <= low
    assert lower_bound(buffers) <= plan.bytes <= greedy_of_tflite_micro(buffers)


def test_a_chain_needs_its_two_largest_neighbours():
    buffers = [
        Buffer(f"b{i}", size, i, i + 1) for i, size in enumerate([8, 64, 16, 40])
    ]
    assert place(buffers).bytes == 80


def test_nothing_needs_nothing():
    assert place([]).bytes == 0


def test_sizes_are_rounded_up_to_the_alignment():
    plan = place([Buffer("a", 3, 0, 1), Buffer("b", 1, 0, 1)], align=8)
    assert sorted(plan.offsets.values()) == [0, 8]
    assert plan.bytes == 16
