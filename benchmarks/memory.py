"""How far the memory of a dry run is from that of a real step: ``python benchmarks/memory.py``.

A Qwen3-VL-class model of about 110 million random weights trains on the CPU in fp32, two steps a
case, each in a process of its own. Measured is the growth of the process's peak resident memory
since before the model was built; estimated is what ``rmpl train --dry-run`` would say of it.
"""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

MIB = 2**20
VOCABULARY = 32_000


class Case(NamedTuple):
    """What is trained, on how much."""

    name: str
    kind: str
    batch: int
    tokens: int
    checkpointing: bool


CASES = (
    Case("LoRA", "lora", 8, 512, False),
    Case("LoRA, checkpointing", "lora", 8, 512, True),
    Case("everything", "full", 8, 512, False),
    Case("everything, checkpointing", "full", 8, 512, True),
    Case("LoRA, four times the tokens", "lora", 16, 1024, True),
)
ANSWER = 64


def measure(case: Case) -> tuple[float, float]:
    """Train two steps; return MiB estimated and measured."""
    import torch  # noqa: PLC0415 - the baseline has its libraries loaded
    import transformers  # noqa: PLC0415

    from rmpl.backbones.checkpoints import empty_model  # noqa: PLC0415
    from rmpl.backbones.families import family_of  # noqa: PLC0415
    from rmpl.runs.adapters import full_parameters, new_lora  # noqa: PLC0415
    from rmpl.training.dry_run.memory import (  # noqa: PLC0415
        language_activations,
        logit_bytes,
        state_memory,
    )
    from rmpl.training.loop.losses import target_losses  # noqa: PLC0415

    family = family_of("qwen3_vl", "benchmark")
    config = transformers.Qwen3VLConfig(
        text_config={
            "vocab_size": VOCABULARY,
            "hidden_size": 768,
            "intermediate_size": 2048,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "num_key_value_heads": 4,
            "head_dim": 64,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [12, 10, 10],
            },
        },
        vision_config={"hidden_size": 64, "depth": 1, "num_heads": 2, "out_hidden_size": 768},
        tie_word_embeddings=True,
    )

    def trained(model: Any) -> Any:
        if case.kind == "full":
            return full_parameters(model, family, ["language"])
        return new_lora(model, family, ["language"], rank=32, alpha=64, dropout=0.0)

    empty = trained(empty_model(config, family, torch.float32))
    kept = language_activations(empty, batch=case.batch, tokens=case.tokens, autocast=False)
    states = state_memory(empty, "adamw")
    logits = logit_bytes(case.batch * ANSWER, VOCABULARY, autocast=False)
    activations = kept.checkpointed if case.checkpointing else kept.whole
    estimate = states.total + activations + logits

    # Small products first: their libraries' own buffers are none of the step's.
    warm: Any = torch.nn.Linear(64, 64)(torch.ones(64, 64)).sum()
    warm.backward()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts again here
    before = _now("VmRSS")
    model = trained(transformers.Qwen3VLForConditionalGeneration._from_config(config))
    model.train()
    if case.checkpointing:
        getattr(model, "base_model", model).activation_checkpointing_enable()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    ids = torch.randint(0, 31_000, (case.batch, case.tokens))
    labels = ids.clone()
    labels[:, :-ANSWER] = -100
    for _ in range(2):
        inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "use_cache": False}
        loss: Any = target_losses(model, inputs, labels).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return estimate / MIB, (_now("VmHWM") - before) / MIB


def _now(field: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in status if line.startswith(field)).split()[1]) * 1024


def main() -> None:
    """Measure every case and print the table."""
    table = Table("MiB", "batch", "tokens", "estimated", "measured", "ratio")
    for case in CASES:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            estimated, measured = pool.apply(measure, (case,))
        table.add_row(
            case.name,
            str(case.batch),
            str(case.tokens),
            f"{estimated:,.0f}",
            f"{measured:,.0f}",
            f"{estimated / measured:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
