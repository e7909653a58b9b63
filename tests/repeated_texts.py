"""What a stranger sends to find a reader that takes a square of the time: one thing, many times."""

import gc
import time

KINDS = (
    "<img", "<", "&amp;", "&", "1. ", "a.", "![x](", "[", "](", "(", "*", "_", "`", "```\n", "> ",
    "- ", "#", "|", "\n", "\r\n", " ", "\t", "\u00a0", '"', "'", "<!--", "-->", "<![CDATA[",
    "<script>", "<p>", "<div>", "</", "<b", '<a href="', "Mr. ", "...", "?!", "e\u0301", "\u202e",
    "\U0001f600", "\u4e2d", "{", "\\", "www.a.b/", "a@b.c ", "\ufb01", "<b>x</b>", "<tr><td>x",
    "Police arrested three men in Kyiv on Monday. ", 'src="', ". ", '\\"', '["',
)  # fmt: skip

MOST_GROWTH = 2.5
_TRIES = 4


def repeated(kind, length):
    return (kind * (length // len(kind) + 1))[:length]


def grows_too_fast(read, kind, length):
    """Return how a reader's work grows for a text twice as long, ``None`` if as the text does.

    Work is processor time. Where it seems to grow faster, longer texts decide: what is a square
    stays one, and a busy machine's noise does not.
    """
    growth = []
    for _ in range(_TRIES):
        once, twice = (_work(read, repeated(kind, n)) for n in (length, 2 * length))
        if twice <= MOST_GROWTH * once:
            return None
        growth.append(round(twice / once, 1))
        length *= 2
    return growth


def _work(read, text):
    gc.collect(0)
    gc.disable()
    try:
        began = time.process_time()
        read(text)
        return time.process_time() - began
    finally:
        gc.enable()
