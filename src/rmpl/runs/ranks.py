"""The rank of a trained LoRA adapter: its best approximation of a smaller one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from rmpl.backbones.model_files import ADAPTER_CONFIG, ADAPTER_WEIGHTS, check_adapter
from rmpl.errors import RmplError
from rmpl.io.saved import saved_object

_UNEVEN = ("use_dora", "rank_pattern", "alpha_pattern")
_PAIR = re.compile(r"(.+)\.lora_A\.(.*)weight")


class Reduced(NamedTuple):
    """An adapter's files, and the share of its squared singular values that they keep."""

    config: dict[str, Any]
    tensors: dict[str, torch.Tensor]
    metadata: dict[str, str]
    kept: float


def reduced(adapter: Path, rank: int | None) -> Reduced:
    """Approximate an adapter by one of a smaller rank.

    An adapter adds ``scale * B @ A`` to a matrix of the model. Of its singular value decomposition
    the largest ``rank`` components are kept, which is the nearest matrix of that rank (Eckart and
    Young, 1936).

    Parameters
    ----------
    adapter
        The folder of a LoRA adapter.
    rank
        Positive; an adapter of this rank or a smaller one is only read, and so is any for ``None``.

    Raises
    ------
    RmplError
        If it is no plain LoRA adapter (DoRA, ranks that differ between layers), or is a pickle.
    """
    return to_rank(_read(adapter), rank, adapter)


def _read(adapter: Path) -> Reduced:
    check_adapter(adapter)
    config = saved_object(adapter / ADAPTER_CONFIG)
    with safe_open(adapter / ADAPTER_WEIGHTS, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
        metadata = {"format": "pt", **(file.metadata() or {})}
    return Reduced(config, tensors, metadata, 1.0)


def to_rank(whole: Reduced, rank: int | None, adapter: Path) -> Reduced:
    """Approximate an adapter that was read, see ``reduced``; ``adapter`` is where it is from."""
    config, tensors, metadata = dict(whole.config), dict(whole.tensors), whole.metadata
    if rank is None or config.get("r", 0) <= rank:
        return Reduced(config, tensors, metadata, 1.0)
    uneven = [key for key in _UNEVEN if config.get(key)]
    if config.get("peft_type") != "LORA" or uneven:
        raise RmplError(
            f"the rank of this adapter cannot be reduced ({uneven[0] if uneven else 'not LoRA'})",
            where=str(adapter),
            remedy="leave out --rank",
        )
    scale = _scale(config)
    before = after = 0.0
    for name in [name for name in tensors if _PAIR.fullmatch(name)]:
        other = _PAIR.sub(r"\1.lora_B.\2weight", name)
        first, second, values = _truncated(tensors[name], tensors[other] * scale, rank)
        tensors[name], tensors[other] = first, second
        before += float(values.square().sum())
        after += float(values[:rank].square().sum())
    config |= {"r": rank, "lora_alpha": rank, "use_rslora": False}
    return Reduced(config, tensors, metadata, after / before if before else 1.0)


def stacked(adapters: Sequence[Path]) -> Reduced:
    """Put adapters of one model, each on top of those before it, side by side in one.

    The sum of ``scale * B @ A`` is the product of the matrices put together, of the sum of the
    ranks; a module that an adapter leaves alone gets zeros.

    Raises
    ------
    RmplError
        If one is no plain LoRA adapter (DoRA, ranks that differ between layers, whole modules).
    """
    found = [_read(adapter) for adapter in adapters]
    for adapter, one in zip(adapters, found, strict=True):
        odd = [key for key in (*_UNEVEN, "modules_to_save") if one.config.get(key)]
        if one.config.get("peft_type") != "LORA" or odd:
            raise RmplError(
                f"these adapters cannot be made one ({odd[0] if odd else 'not LoRA'})",
                where=str(adapter),
                remedy="export the whole model with --merged",
            )
    tensors: dict[str, torch.Tensor] = {}
    for name in sorted({name for one in found for name in one.tensors if _PAIR.fullmatch(name)}):
        other = _PAIR.sub(r"\1.lora_B.\2weight", name)
        shaped = next(one for one in found if name in one.tensors)
        downs, ups = [], []
        for one in found:
            has = name in one.tensors
            down = (one if has else shaped).tensors[name]
            up = (one if has else shaped).tensors[other]
            share = one.config["r"]
            downs.append(down if has else down.new_zeros(share, down.shape[1]))
            ups.append(up * _scale(one.config) if has else up.new_zeros(up.shape[0], share))
        tensors[name], tensors[other] = torch.cat(downs), torch.cat(ups, dim=1)
    total = sum(one.config["r"] for one in found)
    more = {"r": total, "lora_alpha": total, "use_rslora": False}
    return Reduced({**found[-1].config, **more}, tensors, found[-1].metadata, 1.0)


def _scale(config: Mapping[str, Any]) -> float:
    over = config["r"] ** (0.5 if config.get("use_rslora") else 1.0)
    return float(config["lora_alpha"] / over)


def _truncated(
    a: torch.Tensor, b: torch.Tensor, rank: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return A and B of ``rank`` nearest to ``b @ a``, and all singular values of that.

    ``a`` is of shape (rank, inputs), ``b`` (outputs, rank). Only small matrices are decomposed.
    """
    left, upper = torch.linalg.qr(b.double())
    right, lower = torch.linalg.qr(a.double().T)
    u, values, v = torch.linalg.svd(upper @ lower.T)
    root = values[:rank].sqrt()
    return (
        (root[:, None] * (v[:rank] @ right.T)).to(a.dtype),
        ((left @ u[:, :rank]) * root).to(b.dtype),
        values,
    )


def write_adapter(folder: Path, adapter: Reduced, *, bf16: bool) -> None:
    """Write an adapter's files into a folder, its weights in bf16 or as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: (tensor.bfloat16() if bf16 else tensor).contiguous()
        for name, tensor in adapter.tensors.items()
    }
    save_file(tensors, folder / ADAPTER_WEIGHTS, metadata=adapter.metadata)
    (folder / ADAPTER_CONFIG).write_text(json.dumps(adapter.config, indent=1) + "\n", "utf-8")
