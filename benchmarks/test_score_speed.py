"""Speed of scoring, with pytest-benchmark: ``pytest benchmarks/test_score_speed.py``."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from rmpl.corpora.gold import read_gold
from rmpl.scoring import score_by_document
from rmpl.scoring.bootstrap import intervals

M2E2 = Path(__file__).parents[2] / "shared" / "data" / "m2e2"
pytestmark = pytest.mark.skipif(not M2E2.is_dir(), reason=f"no M2E2 in {M2E2}")


def test_reading_the_gold(benchmark: BenchmarkFixture) -> None:
    benchmark(read_gold, M2E2)


def test_scoring_strict_and_legacy(benchmark: BenchmarkFixture) -> None:
    gold = read_gold(M2E2).documents
    benchmark(score_by_document, gold, gold, ["strict", "legacy"])


def test_a_thousand_resamples(benchmark: BenchmarkFixture) -> None:
    gold = read_gold(M2E2).documents
    scores = score_by_document(gold, gold)["strict"]
    benchmark(intervals, scores, resamples=1000)
