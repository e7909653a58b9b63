import pytest
import torch

from rmpl.training.loop import precision


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


@pytest.mark.parametrize(("fp32", "bf16", "works"), [(2.0, 1.0, True), (1.0, 2.0, False)])
def test_a_cpu_uses_bf16_only_where_it_is_faster(measured, fp32, bf16, works):
    assert measured(fp32, bf16) is works


def test_a_cpu_without_bf16_is_not_measured(monkeypatch, measured):
    monkeypatch.setattr(precision, "_seconds", lambda _: pytest.fail("measured"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    precision.bf16_works.cache_clear()
    assert precision.bf16_works() is False


def test_a_time_is_measured():
    assert precision._seconds(torch.float32) > 0
