"""The memory of training, counted on a model without weights.

Activations are not estimated by a formula: the model's own forward pass runs on tensors that have
shapes but no contents, and every tensor that autograd saves for the backward pass is counted. This
includes adapters, frozen parts, mixed precision, gradient checkpointing and the family's layers.
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
"""An attention that saves what fused kernels save: queries, keys, values, output and log-sum."""

Sharding = Literal["none", "ddp", "zero2", "zero3"]

GIB = 2**30
_FOUR_BITS = 0.516
"""Bytes per weight: 4 bits, plus an 8-bit scale per 64, itself scaled (QLoRA, section 3)."""
CUDA_BYTES = int(0.8 * GIB)
"""GPU memory of a process before its first tensor: context, libraries, workspaces."""


class Activations(NamedTuple):
    """Bytes saved for the backward pass: of all layers (``whole``), or with checkpointing.

    ``copies`` are copies of weights in the compute precision, shared by all samples.
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
    """Weights gathered from other devices for the running layers; bucket copies of gradients."""

    @property
    def total(self) -> int:
        """Return all components together."""
        return sum(msgspec.structs.astuple(self))


def state_memory(model: Any, optimizer: str, *, four_bits: Container[str] = ()) -> Memory:
    """Return the memory that persists between steps: weights, gradients and optimizer states.

    AdamW has two numbers per trained parameter, Muon one for matrices, in the parameter's
    precision. ``four_bits`` names parameters that are stored in 4 bits, with their scales.
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
    """Return the memory per device with training distributed over ``devices``.

    Every device has batches of its own, so activations and logits stay. ``zero2`` shards gradients
    and optimizer states, ``zero3`` (like FSDP) also weights, of which each device gathers those
    outside of layers and two layers, because the next layer is prefetched.
    """
    replace = msgspec.structs.replace
    if sharding == "none" or devices == 1:
        return memory
    if sharding == "ddp":
        return replace(memory, gathered=memory.gradients)
    per_device = replace(
        memory,
        gradients=memory.gradients // devices,
        optimizer=memory.optimizer // devices,
        gathered=memory.gradients // devices,
    )
    if sharding == "zero2":
        return per_device
    layers = _layers(model)
    inside = {id(p) for layer in layers for p in layer.parameters()}
    outside = sum(_bytes(p) for p in model.parameters() if id(p) not in inside)
    largest = max((sum(map(_bytes, layer.parameters())) for layer in layers), default=0)
    return replace(per_device, weights=memory.weights // devices, gathered=outside + 2 * largest)


def logit_bytes(rows: int, vocabulary: int, *, autocast: bool) -> int:
    """Return the peak bytes of the head and the loss for ``rows`` positions.

    These are logits, their copy in fp32, log-probabilities, and the gradient of each.
    """
    return rows * vocabulary * (16 if autocast else 12)


def language_activations(model: Any, *, batch: int, tokens: int, autocast: bool) -> Activations:
    """Return the bytes that the language model saves for the backward pass of a batch.

    With fused attention they are proportional to ``batch`` times ``tokens``.
    """
    language = _base(model).get_decoder()
    width = _base(model).config.get_text_config().hidden_size
    fakes = fake_tensors()
    with fakes:
        embedded = torch.empty(batch, tokens, width, dtype=next(language.parameters()).dtype)
        mask = torch.empty(batch, 1, tokens, tokens, dtype=torch.bool)
    # Parameters trained before the language model need a gradient through it.
    inside = {id(parameter) for parameter in language.parameters()}
    before = any(p.requires_grad and id(p) not in inside for p in model.parameters())
    embedded.requires_grad_(before)
    inputs = {"inputs_embeds": embedded, "attention_mask": mask, "use_cache": False}
    layers = language.layers
    depth = len(layers)

    def passes(count: int) -> Activations:
        language.layers = layers[:count]
        try:
            return _passes(model, language, inputs, fakes, autocast=autocast)
        finally:
            language.layers = layers

    # All layers save the same, except the first, which may need no gradient of its input.
    few, more = passes(min(2, depth)), passes(min(3, depth))
    others = depth - min(2, depth)
    layer = more.whole - few.whole if others else few.whole // depth
    ends = more.checkpointed - few.checkpointed
    copy = more.copies - few.copies
    return Activations(
        few.whole + others * layer,
        few.checkpointed + others * ends + layer,
        few.copies + others * copy,
    )


def vision_activations(
    model: Any, vision: Mapping[str, torch.Tensor], *, autocast: bool
) -> Activations:
    """Return the bytes that vision tower and projector save for the backward pass of one image.

    ``vision`` holds the processor's tensors of the image. Frozen parts save nothing.
    """
    language = {id(p) for p in _base(model).get_decoder().parameters()}
    trained = {id(p) for p in model.parameters() if p.requires_grad and id(p) not in language}
    if not trained:  # outside of the graph
        return Activations(0, 0, 0)
    module = _Features(_base(model))
    layers = _layers(module)
    # Frozen layers save nothing, whether they are run again or not.
    run_again = any(id(p) in trained for layer in layers for p in layer.parameters())
    fakes = fake_tensors()
    dtype = next(model.parameters()).dtype
    # Real tensors: some models inspect them to skip tiles that are only padding.
    inputs = {
        name: tensor.to(dtype) if tensor.is_floating_point() else tensor
        for name, tensor in vision.items()
    }
    saved = _passes(model, module, inputs, fakes, autocast=autocast, run_again=run_again)
    # During a layer's backward pass, its activations are in memory again.
    layer = saved.whole // max(len(layers), 1) if run_again else 0
    return saved._replace(checkpointed=saved.checkpointed + layer)


class _Features(torch.nn.Module):
    """A model's computation of image features as a module."""

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
    run_again: bool = True,
) -> Activations:
    """Return the bytes that a pass saves, without and with checkpointing.

    ``run_again`` says whether checkpointing changes them: whether a layer trains.
    """
    model.train()
    base = _base(model)
    base.activation_checkpointing_disable()
    whole, copies = _saved_bytes(module, inputs, fakes, autocast=autocast)
    if not run_again:
        return Activations(whole, whole, copies)
    base.activation_checkpointing_enable()
    # Undo that it requires gradients of the towers' inputs, which would include frozen towers.
    base.disable_input_require_grads()
    try:
        ends, _ = _saved_bytes(module, inputs, fakes, autocast=autocast)
        return Activations(whole, ends, copies)
    finally:
        base.activation_checkpointing_disable()


def _saved_bytes(
    module: torch.nn.Module,
    inputs: dict[str, Any],
    fakes: contextlib.AbstractContextManager[Any],
    *,
    autocast: bool,
) -> tuple[int, int]:
    """Return the bytes that autograd saves in a pass, and those of copies of weights."""
    with fakes:
        own = {
            name: torch.empty(tensor.shape, dtype=tensor.dtype).requires_grad_(
                tensor.requires_grad and tensor.is_floating_point()
            )
            for name, tensor in (*module.named_parameters(), *module.named_buffers())
        }
    own_storages = {storage_number(tensor) for tensor in own.values()}
    shapes = {shape for t in own.values() for shape in (t.shape, t.shape[::-1]) if t.dim() == 2}
    sizes: dict[int, int] = {}
    copies: dict[int, int] = {}
    alive: list[torch.Tensor] = []  # a storage's id is unique only while it is alive

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if storage_number(tensor) not in own_storages:
            found = copies if tensor.shape in shapes else sizes
            found[storage_number(tensor)] = tensor.untyped_storage().nbytes()
            alive.append(tensor)
        return tensor

    with (
        _fused_attention(module),
        torch.autocast("cpu", torch.bfloat16, enabled=autocast),
        torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor),
    ):
        # Outside the mode, so that models' arithmetic on sizes uses real numbers.
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


class _SavesLikeFusedKernels(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, query: Any, key: Any, value: Any) -> Any:
        output = torch.empty_like(query)
        sums = query.new_empty(query.shape[:-1], dtype=torch.float32)
        ctx.save_for_backward(query, key, value, output, sums)
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise NotImplementedError("only the forward pass is counted")


def _attend(_: Any, query: Any, key: Any, value: Any, *__: Any, **___: Any) -> tuple[Any, None]:
    output = _SavesLikeFusedKernels.apply(query, key, value)  # type: ignore[no-untyped-call]
    return output.transpose(1, 2).contiguous(), None


AttentionInterface.register(FUSED, _attend)


def _base(model: Any) -> Any:
    """Return the transformers model inside of an adapter's."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _layers(module: Any) -> list[torch.nn.Module]:
    """Return the repeated layers of all towers: the items of the outermost module lists."""
    found: list[torch.nn.Module] = []
    for child in module.children():
        if isinstance(child, torch.nn.ModuleList) and len(child) > 1:
            found.extend(child)
        else:
            found.extend(_layers(child))
    return found


def _bytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()
