import copy
from typing import get_args

import pytest
import torch

from rmpl.errors import RmplError
from rmpl.recipe.recipe import OptimizerRecipe, validated
from rmpl.training.loop.optimizer import make_optimizer, wsd_factor


def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 2))


def step(net: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    net(torch.ones(3, 4)).square().sum().backward()
    optimizer.step()
    optimizer.zero_grad()


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_training_goes_on_from_a_saved_state_as_if_never_stopped(name):
    whole = model()
    recipe = OptimizerRecipe(name=name, learning_rate=0.01, weight_decay=0.1)
    optimizer = make_optimizer(recipe, whole.named_parameters())
    for _ in range(3):
        step(whole, optimizer)
    resumed = copy.deepcopy(whole)
    again = make_optimizer(recipe, resumed.named_parameters())
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    step(whole, optimizer)
    step(resumed, again)
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_schedule_reaches_both_halves_of_muon_with_adamw():
    net = model()
    recipe = OptimizerRecipe(name="muon", learning_rate=1.0)
    optimizer = make_optimizer(recipe, net.named_parameters())
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 0.0)
    before = copy.deepcopy(net.state_dict())
    step(net, optimizer)
    schedule.step()
    assert len(optimizer.param_groups) == 2
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_frozen_parameters_are_left_alone():
    net = model()
    net[0].weight.requires_grad_(False)
    recipe = OptimizerRecipe(name="muon", learning_rate=0.1, weight_decay=0.1)
    optimizer = make_optimizer(recipe, net.named_parameters())
    frozen = net[0].weight.clone()
    step(net, optimizer)
    assert torch.equal(net[0].weight, frozen)


def test_the_schedule_rises_stays_and_falls():
    recipe = OptimizerRecipe(warmup=2, decay=0.4)
    shape = [wsd_factor(i, steps=10, recipe=recipe) for i in range(11)]
    assert shape[:3] == [0.5, 1.0, 1.0]
    assert shape[6:] == [1.0, 0.75, 0.5, 0.25, 0.0]


def test_another_optimizer_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(RmplError, match="name: input should be 'adamw' or 'muon'"):
        validated(OptimizerRecipe, {"name": "lion"}, "recipe.yaml")


def test_every_optimizer_that_a_recipe_may_name_is_made_from_its_keys() -> None:
    for name in get_args(OptimizerRecipe.model_fields["name"].annotation):
        recipe = OptimizerRecipe(
            name=name, learning_rate=0.5, learning_rates={"vision": 0.25}, weight_decay=0.125
        )
        net = model()
        made = make_optimizer(
            recipe,
            net.named_parameters(),
            lambda parameter: "vision" if parameter.startswith("1") else "language",
        )
        rates = {id(p): group["lr"] for group in made.param_groups for p in group["params"]}
        assert [rates[id(p)] for p in net.parameters()] == [0.5, 0.5, 0.25, 0.25]
        assert made.param_groups[0]["weight_decay"] == 0.125
