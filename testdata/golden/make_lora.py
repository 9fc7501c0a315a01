"""Golden values of low-rank adapters on one layer: writes lora.safetensors (see README.md).

The formulas are written out in plain PyTorch, in float64, from the papers (Hu et al. 2021;
Kalajdzievski 2023; Liu et al. 2024) in the arrangement that PEFT uses; the peft package
takes no part.
"""

import math

import torch
import torch.nn.functional as F

from golden import normal, write

R, ALPHA, K, N = 3, 5.0, 7, 11
out = {}


def case(name, conv1d, rslora=False, dora=False, bias=True):
    x, a, b = normal(2, 4, K), normal(R, K, std=0.4), normal(N, R, std=0.4)
    weight = normal(*((K, N) if conv1d else (N, K)), std=0.5)
    tensors = {"x": x, "weight": weight, "a": a, "b": b}
    learned = {"x": x, "a": a, "b": b}
    if bias:
        tensors["bias"] = normal(N)
    if dora:
        tensors["magnitude"] = learned["magnitude"] = normal(N, std=0.3, mean=1.5)
    for t in learned.values():
        t.requires_grad_(True)

    scale = ALPHA / math.sqrt(R) if rslora else ALPHA / R
    w = weight.T if conv1d else weight  # [N, K]
    base = F.linear(x, w, tensors.get("bias"))
    update = F.linear(F.linear(x, a), b) * scale
    if dora:
        length = torch.linalg.norm(w + scale * (b @ a), dim=1).detach()
        factor = tensors["magnitude"] / length
        y = base + (factor - 1) * F.linear(x, w) + factor * update
    else:
        y = base + update
    dy = normal(*y.shape)
    grads = torch.autograd.grad(y, list(learned.values()), dy)
    out.update({f"{name}/{key}": t for key, t in tensors.items()})
    out.update({f"{name}/d{key}": g for key, g in zip(learned, grads)})
    out[f"{name}/y"], out[f"{name}/dy"] = y, dy


torch.manual_seed(20263)
for layout in ("linear", "conv1d"):
    case(f"lora_{layout}", layout == "conv1d")
    case(f"rslora_{layout}", layout == "conv1d", rslora=True)
    case(f"dora_{layout}", layout == "conv1d", dora=True)
    case(f"dora_{layout}_rslora_plain", layout == "conv1d", dora=True, rslora=True, bias=False)
write("lora.safetensors", out)
