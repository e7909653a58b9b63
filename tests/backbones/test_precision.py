import itertools
import types

import pytest
import torch

from rmpl.backbones import precision


@pytest.fixture
def measured(monkeypatch):
    """Make a CPU with bf16 whose products take the given times."""

    def make(fp32, bf16):
        times = {torch.float32: fp32, torch.bfloat16: bf16}
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
        monkeypatch.setattr(precision, "_seconds", times.__getitem__)
        precision.bf16_works.cache_clear()
        return precision.bf16_works()

    yield make
    precision.bf16_works.cache_clear()


@pytest.mark.parametrize(
    ("fp32", "bf16", "works"),
    [(2.0, 1.0, True), (1.0, 2.0, False), (1.1, 1.0, False)],
)
def test_a_cpu_uses_bf16_only_where_it_is_clearly_faster(measured, fp32, bf16, works):
    assert measured(fp32, bf16) is works


def test_a_cpu_without_bf16_is_not_measured(monkeypatch, measured):
    monkeypatch.setattr(precision, "_seconds", lambda _: pytest.fail("measured"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    precision.bf16_works.cache_clear()
    assert precision.bf16_works() is False


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_timed_is_the_usual_product_in_that_precision(monkeypatch, dtype):
    timed = []
    # Products of 1 s, but for a few that another process delays.
    took = [9.0 if number < 3 else 1.0 for number in range(precision._ROUNDS)]
    clock = itertools.accumulate(itertools.chain.from_iterable((0.0, each) for each in took))
    monkeypatch.setattr(precision, "time", types.SimpleNamespace(perf_counter=lambda: next(clock)))
    monkeypatch.setattr(torch, "mm", lambda one, other: timed.append((one.dtype, other.dtype)))
    assert precision._seconds(dtype) == 1.0
    assert set(timed) == {(dtype, dtype)}


@pytest.mark.parametrize(
    ("large", "works", "dtype"),
    [
        (10, True, torch.bfloat16),
        (10, False, torch.float32),
        (11, True, torch.float32),
    ],
)
def test_large_models_answer_in_bf16_where_it_is_faster(monkeypatch, large, works, dtype):
    monkeypatch.setattr(precision, "LARGE", large)
    model = torch.nn.Linear(5, 2, bias=False)
    with precision.fixed(works):
        assert next(precision.in_faster_precision(model).parameters()).dtype == dtype
