"""Training: a recipe of stages, each a mixture of tasks with a start and an end."""
