import pytest
import torch

from rmpl.training.loop import muon
from rmpl.training.loop.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(3, 6, 4), (2, 4, 9), (1, 5, 5)])
def test_singular_values_come_near_one_and_vectors_stay(monkeypatch, shape):
    monkeypatch.setattr(muon, "bf16_works", lambda: False)
    torch.manual_seed(0)
    matrices = torch.randn(shape)
    made = orthogonal(matrices)
    assert made.shape == matrices.shape
    values = torch.linalg.svdvals(made)
    assert 0.5 < values.min() <= values.max() < 1.3
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    core = left.mT @ made @ right.mT
    off = core - torch.diag_embed(core.diagonal(dim1=1, dim2=2))
    assert off.abs().max() < 0.02


@pytest.mark.parametrize("shape", [(8, 3), (3, 8)])
def test_updates_are_those_of_torch(shape):
    torch.manual_seed(0)
    ours = torch.nn.Parameter(torch.randn(shape))
    theirs = torch.nn.Parameter(ours.detach().clone())
    one = Muon([ours], lr=0.1, weight_decay=0.1)
    other = torch.optim.Muon(
        [theirs], lr=0.1, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"
    )
    for _ in range(4):
        for matrix, optimizer in ((ours, one), (theirs, other)):
            optimizer.zero_grad()
            (matrix**2 - matrix).sum().backward()
            optimizer.step()
    # Theirs rounds to bf16 on the way.
    assert torch.allclose(ours, theirs, atol=0.03)
