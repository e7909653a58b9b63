"""How much memory training takes, counted on a model without weights.

What the backward pass needs is not guessed by formula: the model's own forward pass runs on tensors
that have shapes and no contents, and every tensor that autograd keeps is counted. So adapters,
frozen parts, mixed precision, gradient checkpointing and the family's own layers are all in it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Container, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import msgspec
import torch
from torch.func import functional_call
from transformers import AttentionInterface

from rmpl.backbones.private_api import (
    attention_kernels,
    fake_tensors,
    set_attention_kernels,
    storage_number,
)
from rmpl.training.loop.optimizer import is_matrix

FUSED = "rmpl_fused"
"""An attention that keeps what fused kernels keep: queries, keys, values, the answer and a sum."""

Sharding = Literal["none", "ddp", "zero2", "zero3"]

GIB = 2**30
_FOUR_BITS = 0.516
"""Bytes a number: 4 bits, and per 64 a scale of 8 bits, scaled itself (QLoRA, section 3)."""
CUDA_BYTES = int(0.8 * GIB)
"""What a process takes of a GPU before the first tensor: context, libraries, workspaces."""


class Kept(NamedTuple):
    """Bytes kept for the backward pass: of all layers, or with checkpointing.

    ``copies`` are weights in the precision of the computation, which any number of samples share.
    """

    whole: int
    checkpointed: int
    copies: int


class Memory(msgspec.Struct, frozen=True):
    """Bytes on one device at the peak of a step, by component."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    gathered: int = 0
    """Weights of other devices that are held for the layers at work; bucket copies of gradients."""

    @property
    def total(self) -> int:
        """Return all components together."""
        return sum(msgspec.structs.astuple(self))


def state_memory(model: Any, optimizer: str, *, four_bits: Container[str] = ()) -> Memory:
    """Return what stays in memory from step to step: weights, gradients and optimizer states.

    AdamW keeps two numbers a trained parameter, Muon one for matrices; both in the parameter's own
    precision. ``four_bits`` names parameters that are kept in 4 bits, with their scales.
    """
    weights = sum(
        round(tensor.numel() * _FOUR_BITS) if name in four_bits else _bytes(tensor)
        for name, tensor in (*model.named_parameters(), *model.named_buffers())
    )
    gradients = states = 0
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            gradients += _bytes(parameter)
            single = optimizer == "muon" and is_matrix(name, parameter)
            states += _bytes(parameter) * (1 if single else 2)
    return Memory(weights, gradients, states, 0, 0)


def sharded(memory: Memory, model: Any, sharding: Sharding, devices: int) -> Memory:
    """Return one device's part of ``memory`` with the work spread over ``devices``.

    Every device has batches of its own, so activations and logits stay. ``zero2`` spreads gradients
    and optimizer states, ``zero3`` (as FSDP) weights, too; what is at work is gathered again: what
    belongs to no layer, and two layers, since the next one is fetched ahead.
    """
    replace = msgspec.structs.replace
    if sharding == "none" or devices == 1:
        return memory
    if sharding == "ddp":
        return replace(memory, gathered=memory.gradients)
    spread = replace(
        memory,
        gradients=memory.gradients // devices,
        optimizer=memory.optimizer // devices,
        gathered=memory.gradients // devices,
    )
    if sharding == "zero2":
        return spread
    layers = _layers(model)
    inside = {id(p) for layer in layers for p in layer.parameters()}
    outside = sum(_bytes(p) for p in model.parameters() if id(p) not in inside)
    largest = max((sum(map(_bytes, layer.parameters())) for layer in layers), default=0)
    return replace(spread, weights=memory.weights // devices, gathered=outside + 2 * largest)


def logit_bytes(rows: int, vocabulary: int, *, autocast: bool) -> int:
    """Return the peak that the head and the loss take for ``rows`` positions.

    Logits, their copy in fp32, the logarithms of the loss and the gradient of each.
    """
    return rows * vocabulary * (16 if autocast else 12)


def language_activations(model: Any, *, batch: int, tokens: int, autocast: bool) -> Kept:
    """Return the bytes kept of a batch between forward and backward in the language model.

    With fused attention they grow with ``batch`` times ``tokens``, and nothing else.
    """
    language = _base(model).get_decoder()
    width = _base(model).config.get_text_config().hidden_size
    fakes = fake_tensors()
    with fakes:
        embedded = torch.empty(batch, tokens, width, dtype=next(language.parameters()).dtype)
        mask = torch.empty(batch, 1, tokens, tokens, dtype=torch.bool)
    # What is trained before the language model needs a gradient through it.
    inside = {id(parameter) for parameter in language.parameters()}
    before = any(p.requires_grad and id(p) not in inside for p in model.parameters())
    embedded.requires_grad_(before)
    inputs = {"inputs_embeds": embedded, "attention_mask": mask, "use_cache": False}
    layers = language.layers
    depth = len(layers)

    def passes(count: int) -> Kept:
        language.layers = layers[:count]
        try:
            return _passes(model, language, inputs, fakes, autocast=autocast)
        finally:
            language.layers = layers

    # All layers but the first, which may need no gradient of its input, keep the same.
    few, more = passes(min(2, depth)), passes(min(3, depth))
    others = depth - min(2, depth)
    layer = more.whole - few.whole if others else few.whole // depth
    ends = more.checkpointed - few.checkpointed
    copy = more.copies - few.copies
    return Kept(
        few.whole + others * layer,
        few.checkpointed + others * ends + layer,
        few.copies + others * copy,
    )


def vision_activations(model: Any, vision: Mapping[str, torch.Tensor], *, autocast: bool) -> Kept:
    """Return the bytes kept of one picture in the vision tower and the projector.

    ``vision`` are the processor's tensors of the picture. Nothing is kept of frozen parts.
    """
    fakes = fake_tensors()
    dtype = next(model.parameters()).dtype
    # Real tensors: some models look at them, to leave tiles out that are only padding.
    inputs = {
        name: tensor.to(dtype) if tensor.is_floating_point() else tensor
        for name, tensor in vision.items()
    }
    module = _Features(_base(model))
    kept = _passes(model, module, inputs, fakes, autocast=autocast)
    if not kept.whole:  # all frozen: then it runs outside of the graph
        return Kept(0, 0, 0)
    # While a layer runs backward, its inside is there again.
    layer = kept.whole // max(len(_layers(module)), 1)
    return kept._replace(checkpointed=kept.checkpointed + layer)


class _Features(torch.nn.Module):
    """A model's way from pixels to features as a module of its own."""

    def __init__(self, base: Any) -> None:
        super().__init__()
        self.base = base

    def forward(self, **inputs: Any) -> Any:
        return self.base.get_image_features(**inputs, return_dict=True)


def _passes(
    model: Any,
    module: torch.nn.Module,
    inputs: dict[str, Any],
    fakes: contextlib.AbstractContextManager[Any],
    *,
    autocast: bool,
) -> Kept:
    """Return what a pass keeps, and what one with checkpointing does until it runs backward."""
    model.train()
    base = _base(model)
    base.activation_checkpointing_disable()
    whole, copies = _kept_bytes(module, inputs, fakes, autocast=autocast)
    base.activation_checkpointing_enable()
    # It also makes the towers' inputs want gradients, so that a frozen one would run backward, too.
    base.disable_input_require_grads()
    try:
        ends, _ = _kept_bytes(module, inputs, fakes, autocast=autocast)
        return Kept(whole, ends, copies)
    finally:
        base.activation_checkpointing_disable()


def _kept_bytes(
    module: torch.nn.Module,
    inputs: dict[str, Any],
    fakes: contextlib.AbstractContextManager[Any],
    *,
    autocast: bool,
) -> tuple[int, int]:
    """Return the bytes that autograd keeps of a pass, and those of copies of weights."""
    with fakes:
        own = {
            name: torch.empty(tensor.shape, dtype=tensor.dtype).requires_grad_(
                tensor.requires_grad and tensor.is_floating_point()
            )
            for name, tensor in (*module.named_parameters(), *module.named_buffers())
        }
    not_kept = {storage_number(tensor) for tensor in own.values()}
    shapes = {shape for t in own.values() for shape in (t.shape, t.shape[::-1]) if t.dim() == 2}
    sizes: dict[int, int] = {}
    copies: dict[int, int] = {}
    alive: list[torch.Tensor] = []  # a storage's number is its own only as long as it lives

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if storage_number(tensor) not in not_kept:
            found = copies if tensor.shape in shapes else sizes
            found[storage_number(tensor)] = tensor.untyped_storage().nbytes()
            alive.append(tensor)
        return tensor

    with (
        _fused_attention(module),
        torch.autocast("cpu", torch.bfloat16, enabled=autocast),
        torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor),
    ):
        # Not inside the mode: sums of real sizes, which models do on the way, stay real.
        functional_call(module, own, (), inputs)
    return sum(sizes.values()), sum(copies.values())


@contextlib.contextmanager
def _fused_attention(module: torch.nn.Module) -> Iterator[None]:
    found: list[Any] = [getattr(m, "config", None) for m in module.modules()]
    configs = {id(config): config for config in found if config is not None}
    before = {key: attention_kernels(config) for key, config in configs.items()}
    for config in configs.values():
        if attention_kernels(config) != "eager":
            set_attention_kernels(config, FUSED)
    try:
        yield
    finally:
        for key, config in configs.items():
            set_attention_kernels(config, before[key])


class _KeepsWhatFusedKernelsKeep(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, query: Any, key: Any, value: Any) -> Any:
        answer = torch.empty_like(query)
        sums = query.new_empty(query.shape[:-1], dtype=torch.float32)
        ctx.save_for_backward(query, key, value, answer, sums)
        return answer

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise NotImplementedError("only what a forward pass keeps is counted")


def _attend(_: Any, query: Any, key: Any, value: Any, *__: Any, **___: Any) -> tuple[Any, None]:
    answer = _KeepsWhatFusedKernelsKeep.apply(query, key, value)  # type: ignore[no-untyped-call]
    return answer.transpose(1, 2).contiguous(), None


AttentionInterface.register(FUSED, _attend)


def _base(model: Any) -> Any:
    """Return the transformers model inside of an adapter's."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _layers(module: Any) -> list[torch.nn.Module]:
    """Return the repeated layers of all towers: the outermost lists of like modules."""
    found: list[torch.nn.Module] = []
    for child in module.children():
        if isinstance(child, torch.nn.ModuleList) and len(child) > 1:
            found.extend(child)
        else:
            found.extend(_layers(child))
    return found


def _bytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()
