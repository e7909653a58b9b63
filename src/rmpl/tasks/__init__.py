"""The tasks: prompts, training targets, and parsing of model output.

Tasks are independent of the model: they turn documents into samples (a prompt and a target) and
model output into events. A recipe's mixture refers to the names in ``TASKS``, or to tasks that
other packages declare in the entry-point group ``rmpl.tasks``.
"""

from __future__ import annotations

from typing import Any

from rmpl.plugins import Registry
from rmpl.tasks.argument_roles import ImageARE, TextARE
from rmpl.tasks.base import Context, Prompt, Sample, Task
from rmpl.tasks.event_mentions import ImageEMI, TextEMI
from rmpl.tasks.marked_event import MarkedEvent
from rmpl.tasks.relations import Relations
from rmpl.tasks.same_event import SameEvent
from rmpl.tasks.skills import SKILLS
from rmpl.tasks.trigger_type import TriggerType
from rmpl.tasks.whole_events import ImageEvents, TextEvents

EVENT_TASKS: tuple[type[Task[Any, Any]], ...] = (
    TextEvents,
    ImageEvents,
    MarkedEvent,
    Relations,
    TextEMI,
    TriggerType,
    ImageEMI,
    TextARE,
    ImageARE,
    SameEvent,
)
TASKS: dict[str, type[Task[Any, Any]]] = {task.name: task for task in (*EVENT_TASKS, *SKILLS)}
REGISTRY: Registry[type[Task[Any, Any]]] = Registry(
    "task",
    "rmpl.tasks",
    TASKS,
    lambda found: isinstance(found, type) and issubclass(found, Task),
    "a subclass of rmpl.tasks.Task",
)


def find_task(name: str) -> type[Task[Any, Any]]:
    """Return the class of the task called ``name``.

    Raises
    ------
    RmplError
        If there is no such task, or the package that declares it is broken.
    """
    return REGISTRY.find(name)


def make_task(name: str, context: Context) -> Task[Any, Any]:
    """Return the task called ``name``; the errors are those of ``find_task``."""
    return find_task(name)(context)


__all__ = [
    "EVENT_TASKS",
    "REGISTRY",
    "TASKS",
    "Context",
    "Prompt",
    "Sample",
    "Task",
    "find_task",
    "make_task",
]
