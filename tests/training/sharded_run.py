"""``rmpl`` in processes that share one model, on CPUs; accelerate does so on GPUs only."""

from __future__ import annotations

from accelerate.state import DistributedType, PartialState

from rmpl.cli.main import main

if __name__ == "__main__":
    PartialState(cpu=True)
    PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
    main()
