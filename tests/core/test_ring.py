"""The ring: windows without copies, gaps that are told, and two real threads."""

import subprocess

import numpy as np
import pytest

from ecmkit._core import ring
from ecmkit._paths import csrc_dir
from tests.c import harness


def windows(x, chunks, *, ring_len, window_len, hop_len):
    """All windows of a stream that arrives in chunks, looked at in place."""
    state = ring.Ring(ring_len, window_len)
    mem = np.zeros(ring.mem_len(ring_len, window_len), x.dtype)
    wide = x.dtype == np.float32
    push, look = (
        (state.push_f32, state.window_f32)
        if wide
        else (state.push_s16, state.window_s16)
    )
    found, at = [], 0
    for n in chunks:
        assert push(mem, x[at : at + n])
        at += n
        while (place := look(mem)) >= 0:
            found.append(mem[place : place + window_len].copy())
            state.release(hop_len)
    assert at == len(x)
    return np.array(found)


def split(rng, total, most):
    chunks = []
    while sum(chunks) < total:
        chunks.append(min(int(rng.integers(0, most + 1)), total - sum(chunks)))
    return chunks


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
@pytest.mark.parametrize(
    ("ring_len", "window_len", "hop_len"),
    [(96, 64, 16), (64, 64, 32), (100, 64, 64), (50, 20, 45), (40, 8, 100), (7, 1, 1)],
)
def test_windows_are_those_of_the_whole(dtype, ring_len, window_len, hop_len):
    rng = np.random.default_rng(ring_len)
    x = rng.integers(-9999, 9999, 3000).astype(dtype)
    room = ring_len - window_len + 1
    found = windows(
        x, split(rng, len(x), room), ring_len=ring_len, window_len=window_len,
        hop_len=hop_len,
    )  # fmt: skip
    view = np.lib.stride_tricks.sliding_window_view(x, window_len)[::hop_len]
    np.testing.assert_array_equal(found, view)


def test_memory_is_what_the_header_says():
    assert ring.mem_len(1280, 1024) == 1280 + 1023
    assert ring.STATE_BYTES == 28
    state = ring.Ring(8, 4)
    with pytest.raises(ValueError, match="mem has length 10, expected 11"):
        state.push_f32(np.zeros(10, np.float32), np.zeros(1, np.float32))


def test_an_overrun_is_counted_and_no_window_spans_it():
    state, mem = ring.Ring(8, 4), np.zeros(11, np.float32)
    x = np.arange(100, dtype=np.float32)
    assert state.push_f32(mem, x[:6])
    assert not state.push_f32(mem, x[6:9])
    assert not state.push_f32(mem, x[9:10])
    assert (state.lost, state.overruns, state.queued) == (4, 1, 6)
    assert state.has_gap
    copy = np.empty(6, np.float32)
    assert state.copy_f32(mem, copy)
    np.testing.assert_array_equal(copy, x[:6])
    state.resume()
    assert not state.has_gap
    assert state.window_f32(mem) == -1
    assert state.push_f32(mem, x[10:18])
    place = state.window_f32(mem)
    np.testing.assert_array_equal(mem[place : place + 4], x[10:14])
    assert (state.lost, state.overruns) == (4, 1)


@pytest.mark.parametrize(
    ("ring_len", "window_len"), [(0, 1), (4, 0), (4, 5), (ring.LEN_MAX + 1, 1)]
)
def test_lengths_that_are_refused(ring_len, window_len):
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        ring.Ring(ring_len, window_len)


def test_arrays_that_are_refused():
    state, mem = ring.Ring(4, 1), np.zeros(4, np.float32)
    read_only = mem.copy()
    read_only.flags.writeable = False
    with pytest.raises(ValueError):
        state.push_f32(read_only, mem)
    for x in (np.zeros(2), np.zeros(2, ">f4"), np.zeros(4, np.float32)[::2]):
        with pytest.raises(ValueError):
            state.push_f32(mem, x)
    assert state.queued == 0


THREADS = r"""
#include "ecm_ring.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

enum { RING = 97, WINDOW = 31, HOP = 13, TOTAL = 300000 };

static ecm_ring_cfg_t cfg = {RING, WINDOW};
static ecm_ring_t st;
static float mem[ECM_RING_MEM_LEN(RING, WINDOW)];
static volatile int is_done;

/* Sample i is the number i, exact; chunks of many sizes. Without `loses` it waits until
 * there is room. */
static void *produce(void *loses) {
    uint32_t i = 0, seed = 1, k, n;
    float x[48];
    while (i < TOTAL) {
        seed = seed * 1664525U + 1013904223U;
        n = (seed >> 16) % 49U;
        n = n < TOTAL - i ? n : TOTAL - i;
        for (k = 0; k < n; k++) {
            x[k] = (float)(i + k);
        }
        while (loses == NULL &&
               (int32_t)(st.head + n - *(volatile uint32_t *)&st.tail) > RING) {
            sched_yield();
        }
        (void)ecm_ring_push_f32(&st, &cfg, mem, x, n);
        i += n;
        if (seed >> 31) {
            sched_yield();
        }
    }
    is_done = 1;
    return NULL;
}

int main(int argc, char **argv) {
    uint32_t windows = 0, broken = 0, backwards = 0, gaps = 0, k;
    float last = -1.0f;
    pthread_t thread;
    (void)argv;
    st.head = st.tail = 0U - 100000U; /* positions wrap on the way */
    if (pthread_create(&thread, NULL, produce, argc > 1 ? &st : NULL) != 0) {
        return 2;
    }
    for (;;) {
        int was_done = is_done;
        const float *x;
        ecm_port_barrier();
        while (ecm_ring_window_f32(&st, &cfg, mem, &x) == ECM_OK) {
            for (k = 1; k < WINDOW; k++) {
                broken += x[k] != x[0] + (float)k ? 1U : 0U;
            }
            backwards += x[0] <= last ? 1U : 0U;
            last = x[0];
            windows++;
            ecm_ring_release(&st, &cfg, HOP);
        }
        if (ecm_ring_has_gap(&st)) {
            gaps++;
            ecm_ring_resume(&st);
        } else if (was_done) {
            break;
        } else {
            sched_yield();
        }
    }
    pthread_join(thread, NULL);
    printf("%u %u %u ", windows, broken, backwards);
    printf("%u %u\n", gaps != st.overruns, st.lost);
    return 0;
}
"""


@pytest.fixture(scope="module")
def threads(tmp_path_factory):
    """The program, compiled."""
    harness.require(harness.HOSTS["gcc-O3"])
    folder = tmp_path_factory.mktemp("threads")
    source, program = folder / "threads.c", folder / "threads"
    source.write_text(THREADS)
    includes = [f"-I{csrc_dir()}", f"-I{csrc_dir() / 'port' / 'fpu'}"]
    command = ["gcc", *harness.CONTRACT, "-O2", "-pthread", *includes, str(source)]
    subprocess.run(
        [*command, str(csrc_dir() / "ecm_ring.c"), "-o", str(program)], check=True
    )
    return program


@pytest.mark.parametrize("arguments", [[], ["loses"]], ids=["waits", "loses"])
def test_two_threads(threads, arguments):
    """300,000 samples: every window whole and in order, every overrun told."""
    said = harness.call([str(threads), *arguments], seconds=100.0)
    count, broken, backwards, untold, lost = map(int, said.split())
    assert (broken, backwards, untold) == (0, 0, 0)
    whole = (300_000 - 31) // 13 + 1
    if arguments:
        assert count <= (300_000 - lost) // 13 + 1
        assert lost > 0 or count == whole
    else:
        assert (count, lost) == (whole, 0)
