"""Every public C function is documented: each argument, and what it returns."""

import re

import pytest

from ecmkit._paths import csrc_dir

HEADERS = sorted(csrc_dir().glob("ecm_*.h"))
# A declaration at the start of a line, over as many lines as it takes.
DECLARATION = re.compile(
    r"^(?!typedef|extern|static|#)[a-z_][\w ]*[ *](ecm_\w+)\(([^;{]*)\);", re.M
)
COMMENT = re.compile(r"/\*\*(?:(?!\*/).)*\*/\s*\Z", re.S)
RETURNS = re.compile(r"^ \* Returns *: (.*)", re.M | re.S)
LOST = re.compile(r"^ \* {1,10}\S", re.M)
ARGUMENT = re.compile(r"^ \* (\w+)\s+\[(?:in|out|in,out)\]", re.M)
KEPT = re.compile(r"^ \* (\w+)\s+\[in,out\]", re.M)
CONTEXT = re.compile(r"^ \* Context *: (.*(?:\n \* {8,}.*)*)", re.M)
# Who may call: docs/porting.md says what each of these means.
CALLERS = (
    *("any", "one caller per ", "the task", "one task", "the caller of ecm_"),
    *("the consumer", "interrupt or task, one producer", "before ", "as ecm_"),
)


def functions(text):
    """Yield (name, argument names, comment above) of each declaration."""
    for match in DECLARATION.finditer(text):
        names = []
        for argument in match[2].split(","):
            words = re.findall(r"\w+", re.sub(r"\[[^\]]*\]", "", argument))
            if words and words != ["void"]:
                names.append(words[-1])
        comment = COMMENT.search(text[: match.start()])
        yield match[1], names, comment[0] if comment else ""


@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.stem)
def test_functions_are_documented(header):
    for name, arguments, comment in functions(header.read_text()):
        assert comment, f"{name} has no comment directly above it"
        listed = ARGUMENT.findall(comment)
        assert listed == arguments, f"{name}: documented {listed}, takes {arguments}"
        returns = RETURNS.search(comment)
        assert returns, f"{name}: no Returns"
        assert not LOST.search(returns[1]), f"{name}: Returns goes on without indent"


def test_the_reader_finds_what_it_should():
    text = (csrc_dir() / "ecm_fft_plan.h").read_text()
    assert {name for name, _, _ in functions(text)} == {
        "ecm_fft_plan_init",
        "ecm_fft_plan_len",
    }
    broken = text.replace(" * real        [in]", " * y           [in]")
    (_, arguments, comment), *_ = functions(broken)
    assert ARGUMENT.findall(comment) != arguments


def unsafe(comment):
    """What is wrong with how a comment states who may call, or None."""
    context = CONTEXT.search(comment)
    if not context:
        return "no Context: may threads and interrupts call it?"
    if not context[1].startswith(CALLERS):
        return f"Context begins with none of {CALLERS}: {context[1]}"
    if KEPT.search(comment) and context[1].rstrip() == "any.":
        return f"Context says who may change {KEPT.findall(comment)}"
    return None


@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.stem)
def test_functions_say_who_may_call(header):
    for name, _, comment in functions(header.read_text()):
        assert unsafe(comment) is None, name


def test_a_function_that_does_not_say_who_may_call_is_found():
    text = (csrc_dir() / "ecm_sample.h").read_text()
    comment = next(c for n, _, c in functions(text) if n == "ecm_sample_sort_f32")
    assert unsafe(comment) is None
    assert "no Context" in unsafe(comment.replace("Context", "Contexts"))
    assert "begins with none" in unsafe(comment.replace("any, one", "only one"))
    assert "who may change ['x']" in unsafe(comment.replace(", one caller per x", ""))


@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.stem)
def test_header_shape(header):
    text = header.read_text()
    assert text.startswith(f"/* {header.name} - "), "first line: file name and purpose"
    assert "SPDX-License-Identifier: MIT" in text
    assert f"#ifndef {header.stem.upper()}_H" in text
