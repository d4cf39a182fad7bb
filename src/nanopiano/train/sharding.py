"""Networks of which every process holds a part: cut by `fully_shard` (FSDP2), made whole for a file, cut again from it.

A sharded tensor is a `DTensor`, which holds some of the rows of a matrix; its imports are slow and only done where
there is one.
"""

from typing import Any

import torch
from torch import Tensor, nn

BYTES_A_PARAMETER = 16  # of training: weight, gradient, two moments, in float32
MOST_SHARE = 0.5  # of a device's memory for these; the rest is for what the forward pass keeps


def outgrows(network: nn.Module, device: torch.device) -> bool:
    """Return whether a device is too small to train the network on."""
    if device.type != "cuda":
        return False
    n_bytes = BYTES_A_PARAMETER * sum(parameter.numel() for parameter in network.parameters())
    return n_bytes > MOST_SHARE * torch.cuda.get_device_properties(device).total_memory


def shard(network: nn.Module, device: torch.device, n_processes: int) -> nn.Module:
    """Cut the network in place, block by block; this process's parts are on `device` afterwards.

    Parts are given back after every pass, also those outside the blocks: whoever looks at a parameter finds a part.
    """
    from torch.distributed.device_mesh import init_device_mesh  # noqa: PLC0415
    from torch.distributed.fsdp import fully_shard  # noqa: PLC0415

    mesh = init_device_mesh(device.type, (n_processes,))
    for module in (*network.get_submodule("blocks").children(), network):
        sharded = fully_shard(module, mesh=mesh, reshard_after_forward=True)
        sharded.set_force_sum_reduction_for_comms(device.type == "cpu")  # gloo knows no mean
    return network


def is_sharded(tensor: Tensor) -> bool:
    """Return whether a tensor is one process's part of a larger one."""
    return hasattr(tensor, "full_tensor")


def whole(tensor: Tensor) -> Tensor:
    """Return a tensor gathered from all processes, which all must ask, or itself if it is not sharded."""
    return tensor.full_tensor() if is_sharded(tensor) else tensor  # type: ignore[attr-defined]


def all_whole(tensors: dict[str, Tensor], *, keep: bool) -> dict[str, Tensor]:
    """Return tensors for a file, those that are sharded gathered one after another; all processes must ask.

    A process that does not `keep` them gets none: they may be more than fits beside its parts.
    """
    kept = {}
    for name, tensor in tensors.items():
        gathered = whole(tensor).cpu() if is_sharded(tensor) else tensor
        if keep:
            kept[name] = gathered
    return kept


def sharded_as(tensor: Tensor, model: Tensor) -> Tensor:
    """Return this process's part of a whole tensor, cut as `model` is; the tensor itself if that is whole."""
    if not is_sharded(model):
        return tensor
    from torch.distributed.tensor import distribute_tensor  # noqa: PLC0415

    cut: Any = model
    return distribute_tensor(tensor.to(cut.device), cut.device_mesh, cut.placements, src_data_rank=None)
