"""Muon for the matrices inside the blocks, AdamW for all else, one schedule for both."""

import torch
from torch import nn

from nanopiano.train.networks import Network
from nanopiano.train.processes import ALONE, Processes


def optimizers(
    network: Network,
    matrix_lr: float,
    table_lr: float,
    weight_decay: float,
    processes: Processes = ALONE,
    dtype: torch.dtype = torch.float32,
) -> list[torch.optim.Optimizer]:
    """Return [Muon, AdamW] (Jordan et al. 2024, Muon; Loshchilov and Hutter 2019, AdamW).

    Muon makes matrices orthogonal in `dtype`: bfloat16 where the device multiplies it by hardware, else float32.
    """
    matrices = [parameter for parameter in network.blocks.parameters() if parameter.ndim == 2]
    inside = {id(parameter) for parameter in matrices}
    tables: list[nn.Parameter] = [parameter for parameter in network.parameters() if id(parameter) not in inside]
    return [
        processes.muon(matrices, lr=matrix_lr, weight_decay=weight_decay, momentum=0.95, dtype=dtype),
        torch.optim.AdamW(tables, lr=table_lr, weight_decay=weight_decay, betas=(0.9, 0.95), eps=1e-10),
    ]


def lr_share(words: int, warmup_words: int, total_words: int, decay_share: float) -> float:
    """Return the learning rate as a share of its peak: linear rise, plateau, linear fall to zero over the last part."""
    if words >= total_words:
        return 0.0
    rise = (words + 1) / warmup_words if words < warmup_words else 1.0
    fall = (total_words - words) / (decay_share * total_words) if decay_share > 0 else 1.0
    return min(rise, fall, 1.0)
