"""Golden values of every differentiable operation: writes ops.safetensors (see README.md)."""

import math

import torch
import torch.nn.functional as F

from golden import normal, write

out = {}


def case(name, f, constants=None, **inputs):
    """Record the inputs of f, its output y, a gradient dy to start from, and every d<input>."""
    for t in inputs.values():
        t.requires_grad_(True)
    y = f(*inputs.values())
    dy = normal(*y.shape)
    grads = torch.autograd.grad(y, list(inputs.values()), dy)
    out[f"{name}/y"], out[f"{name}/dy"] = y, dy
    for (key, t), grad in zip(inputs.items(), grads):
        out[f"{name}/{key}"], out[f"{name}/d{key}"] = t, grad
    for key, t in (constants or {}).items():
        out[f"{name}/{key}"] = t


def elementwise():
    x = lambda: normal(2, 3, 7, std=2)
    positive = lambda: normal(2, 3, 7).abs().add(0.1).float().double()
    case("neg", lambda x: -x, x=x())
    case("exp", torch.exp, x=x())
    case("log", torch.log, x=positive())
    case("sqrt", torch.sqrt, x=positive())
    case("tanh", torch.tanh, x=x())
    case("sigmoid", torch.sigmoid, x=x())
    case("relu", torch.relu, x=x())
    case("gelu", lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), x=x())
    case("gelu_erf", lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))), x=x())
    case("silu", F.silu, x=x())
    case("swiglu", lambda gate, up: F.silu(gate) * up, gate=x(), up=x())
    binary = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div}
    shapes = {"": [(2, 3, 7), (2, 3, 7)], "_row": [(2, 3, 7), (7,)], "_column": [(2, 3, 7), (3, 1)],
              "_left": [(1, 7), (2, 3, 7)], "_both": [(2, 1, 7), (3, 1)], "_scalar": [(2, 3, 7), ()]}
    for op, f in binary.items():
        for suffix, (a, b) in shapes.items():
            away = 2.5 if op == "div" else 0  # a divisor stays clear of 0
            divisor = normal(*b, std=0.5, mean=away)
            case(op + suffix, f, a=normal(*a), b=divisor)


def matrices():
    mm, T = torch.matmul, lambda x: x.transpose(-1, -2)
    case("matmul", mm, a=normal(5, 7), b=normal(7, 3))
    case("matmul_nt", lambda a, b: mm(a, T(b)), a=normal(5, 7), b=normal(3, 7))
    case("matmul_tn", lambda a, b: mm(T(a), b), a=normal(7, 5), b=normal(7, 3))
    case("matmul_tt", lambda a, b: mm(T(a), T(b)), a=normal(7, 5), b=normal(3, 7))
    case("matmul_row", mm, a=normal(1, 33), b=normal(33, 19))
    case("matmul_wide", mm, a=normal(9, 35), b=normal(35, 21))
    case("matmul_batched", mm, a=normal(2, 3, 5, 7), b=normal(2, 3, 7, 4))
    case("matmul_batched_nt", lambda a, b: mm(a, T(b)), a=normal(2, 3, 5, 7), b=normal(2, 3, 4, 7))
    case("matmul_shared", mm, a=normal(2, 3, 5, 7), b=normal(7, 4))
    linear = lambda x, weight, bias: mm(x, T(weight)) + bias
    case("linear", linear, x=normal(2, 5, 7), weight=normal(3, 7), bias=normal(3))
    case("linear_t", lambda x, weight, bias: mm(x, weight) + bias, x=normal(2, 5, 7), weight=normal(7, 3), bias=normal(3))


def rows():
    case("softmax", lambda x: torch.softmax(x, -1), x=normal(2, 3, 19, std=3))
    case("softmax_steep", lambda x: torch.softmax(x, -1), x=normal(3, 19, mean=100, std=8))
    case("log_softmax", lambda x: torch.log_softmax(x, -1), x=normal(2, 3, 19, std=3))
    case("log_softmax_steep", lambda x: torch.log_softmax(x, -1), x=normal(3, 19, mean=100, std=8))
    norm = lambda x, weight, bias: F.layer_norm(x, x.shape[-1:], weight, bias, 1e-5)
    case("layer_norm", norm, x=normal(2, 3, 19), weight=normal(19), bias=normal(19))
    case("layer_norm_far", norm, x=normal(2, 3, 19, mean=30), weight=normal(19), bias=normal(19))
    rms = lambda x, weight: x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * weight
    case("rms_norm", rms, x=normal(2, 3, 19), weight=normal(19))
    for dim in range(3):
        case(f"sum_{dim}", lambda x: x.sum(dim, keepdim=True), x=normal(2, 3, 7))
        case(f"mean_{dim}", lambda x: x.mean(dim, keepdim=True), x=normal(2, 3, 7))
        case(f"max_{dim}", lambda x: x.amax(dim, keepdim=True), x=normal(2, 3, 7))
    case("sum_all", lambda x: x.sum(), x=normal(2, 3, 7))
    case("mean_all", lambda x: x.mean(), x=normal(2, 3, 7))
    ids = torch.tensor([[3, 0, 3, 10], [7, 3, 0, 9]])
    case("embedding", lambda table: table[ids], {"ids": ids.int()}, table=normal(11, 5))
    targets = torch.tensor([4, -1, 0, 18, 4, -1, 7])
    entropy = lambda how: lambda x: F.cross_entropy(x, targets, ignore_index=-1, reduction=how)
    case("cross_entropy", entropy("none"), {"targets": targets.int()}, x=normal(7, 19, std=3))
    case("cross_entropy_mean", entropy("mean"), {"targets": targets.int()}, x=normal(7, 19, std=3))


def rope(x, cos, sin, interleaved):
    """x [B, T, H, D]; cos and sin [T, D/2]."""
    cos, sin = cos[:, None], sin[:, None]
    if interleaved:
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2)
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


def attention(q, k, v, scale, causal):
    """q [B, T, H, D]; k and v [B, S, H/G, D]; query i stands at S-T+i."""
    T, S, groups = q.shape[1], k.shape[1], q.shape[2] // k.shape[2]
    q, k, v = (t.transpose(1, 2) for t in (q, k, v))  # [B, H, T, D]
    scores = q @ k.repeat_interleave(groups, 1).transpose(-1, -2) * scale  # [B, H, T, S]
    if causal:
        hidden = torch.ones(T, S, dtype=torch.bool).triu(S - T + 1)
        scores = scores.masked_fill(hidden, -math.inf)
    return (torch.softmax(scores, -1) @ v.repeat_interleave(groups, 1)).transpose(1, 2)


def positions():
    start, T, D = 3, 9, 10
    turns = 10000.0 ** (-2 * torch.arange(D // 2, dtype=torch.float64) / D)
    angle = torch.arange(start + T, dtype=torch.float64)[:, None] * turns
    cos, sin = (t.float().double() for t in (angle.cos(), angle.sin()))
    tables = {"cos": cos, "sin": sin}
    case("rope", lambda x: rope(x, cos[start:], sin[start:], False), tables, x=normal(2, T, 2, D))
    case("rope_interleaved", lambda x: rope(x, cos[start:], sin[start:], True), tables, x=normal(2, T, 2, D))
    for name, (B, T, S, H, G, D, causal) in {
        "attention_causal": (1, 9, 9, 3, 1, 6, True),
        "attention_causal_grouped": (2, 9, 9, 6, 3, 5, True),
        "attention_causal_late": (2, 5, 13, 4, 2, 7, True),  # the last 5 of 13 positions
        "attention_causal_one": (3, 1, 13, 4, 4, 8, True),
        "attention_causal_long": (1, 67, 67, 2, 2, 4, True),
        "attention_full": (1, 7, 11, 3, 1, 6, False),
        "attention_full_grouped": (1, 11, 4, 4, 2, 5, False),
    }.items():
        case(name, lambda q, k, v: attention(q, k, v, 1 / math.sqrt(D), causal),
             q=normal(B, T, H, D), k=normal(B, S, H // G, D), v=normal(B, S, H // G, D))


if __name__ == "__main__":
    torch.manual_seed(20261)
    elementwise()
    matrices()
    rows()
    positions()
    write("ops.safetensors", out)
