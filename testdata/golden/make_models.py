"""Golden training runs of a GPT-2-type and a Llama-type model: writes, for each, a folder
with config.json, model.safetensors (the initial weights) and run.safetensors (see README.md).

The models are written out in plain PyTorch, in float64, from the published descriptions;
nothing of Inkstone or of the transformers package takes part.
"""

import json
import math
import os

import torch
import torch.nn.functional as F

from golden import normal, write
from make_ops import attention, rope

V, C, L, CONTEXT, B, T, STEPS = 47, 20, 2, 16, 3, 13, 10
GPT2 = {"model_type": "gpt2", "vocab_size": V, "n_positions": CONTEXT, "n_embd": C, "n_layer": L, "n_head": 2,
        "n_inner": 37, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "tie_word_embeddings": True,
        "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
LLAMA = {"model_type": "llama", "vocab_size": V, "max_position_embeddings": CONTEXT, "hidden_size": C,
         "num_hidden_layers": L, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6,
         "intermediate_size": 29, "hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
         "tie_word_embeddings": False, "attention_bias": False, "mlp_bias": False}


def weight(*shape):
    return normal(*shape, std=0.12)


def gain(n, mean=1):
    return normal(n, std=0.2, mean=mean)


def gpt2_weights(config):
    C, L, h = config["n_embd"], config["n_layer"], config["n_inner"]
    w = {"transformer.wte.weight": weight(config["vocab_size"], C), "transformer.wpe.weight": weight(config["n_positions"], C)}
    for i in range(L):
        for name, k, n in [("attn.c_attn", C, 3 * C), ("attn.c_proj", C, C), ("mlp.c_fc", C, h), ("mlp.c_proj", h, C)]:
            w[f"transformer.h.{i}.{name}.weight"] = weight(k, n)  # Conv1D: [in, out]
            w[f"transformer.h.{i}.{name}.bias"] = weight(n)
    for norm in [f"h.{i}.ln_{j}" for i in range(L) for j in (1, 2)] + ["ln_f"]:
        w[f"transformer.{norm}.weight"], w[f"transformer.{norm}.bias"] = gain(C, 0.8), weight(C)
    return w


def gpt2_hidden(config, w, ids):
    """The final normalised hidden states [B, T, C]."""
    C, H = config["n_embd"], config["n_head"]

    def norm(name, x):
        return F.layer_norm(x, (C,), w[name + ".weight"], w[name + ".bias"], config["layer_norm_epsilon"])

    def conv1d(name, x):
        return x @ w[name + ".weight"] + w[name + ".bias"]

    x = w["transformer.wte.weight"][ids] + w["transformer.wpe.weight"][: ids.shape[1]]
    for i in range(config["n_layer"]):
        h = f"transformer.h.{i}"
        q, k, v = conv1d(h + ".attn.c_attn", norm(h + ".ln_1", x)).view(*ids.shape, 3, H, C // H).unbind(2)
        o = attention(q, k, v, 1 / math.sqrt(C // H), True)
        x = x + conv1d(h + ".attn.c_proj", o.reshape(*ids.shape, C))
        u = conv1d(h + ".mlp.c_fc", norm(h + ".ln_2", x))
        x = x + conv1d(h + ".mlp.c_proj", 0.5 * u * (1 + torch.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u**3))))
    return norm("transformer.ln_f", x)


def gpt2_logits(w, ids):
    return gpt2_hidden(GPT2, w, ids) @ w["transformer.wte.weight"].T


def llama_weights():
    q, kv, h = 4 * 6, 2 * 6, LLAMA["intermediate_size"]
    w = {"model.embed_tokens.weight": weight(V, C), "lm_head.weight": weight(V, C), "model.norm.weight": gain(C)}
    for i in range(L):
        for name, n, k in [("self_attn.q_proj", q, C), ("self_attn.k_proj", kv, C), ("self_attn.v_proj", kv, C),
                           ("self_attn.o_proj", C, q), ("mlp.gate_proj", h, C), ("mlp.up_proj", h, C), ("mlp.down_proj", C, h)]:
            w[f"model.layers.{i}.{name}.weight"] = weight(n, k)
        for norm in ("input_layernorm", "post_attention_layernorm"):
            w[f"model.layers.{i}.{norm}.weight"] = gain(C)
    return w


def llama_logits(w, ids):
    def norm(name, x):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + LLAMA["rms_norm_eps"]) * w[name + ".weight"]

    D, T = LLAMA["head_dim"], ids.shape[1]
    turns = LLAMA["rope_theta"] ** (-2 * torch.arange(D // 2, dtype=torch.float64) / D)
    angle = torch.arange(T, dtype=torch.float64)[:, None] * turns
    x = w["model.embed_tokens.weight"][ids]
    for i in range(L):
        h = f"model.layers.{i}"
        linear = lambda name, x: F.linear(x, w[f"{h}.{name}.weight"])
        n = norm(h + ".input_layernorm", x)
        q, k, v = (linear(f"self_attn.{p}_proj", n).view(*ids.shape, -1, D) for p in "qkv")
        q, k = (rope(t, angle.cos(), angle.sin(), False) for t in (q, k))
        x = x + linear("self_attn.o_proj", attention(q, k, v, 1 / math.sqrt(D), True).reshape(*ids.shape, -1))
        n = norm(h + ".post_attention_layernorm", x)
        x = x + linear("mlp.down_proj", F.silu(linear("mlp.gate_proj", n)) * linear("mlp.up_proj", n))
    return F.linear(norm("model.norm", x), w["lm_head.weight"])


def train(name, config, weights, logits):
    """Ten steps of AdamW on ten batches."""
    os.makedirs(name, exist_ok=True)
    with open(f"{name}/config.json", "w") as f:
        f.write(json.dumps(config, indent=2) + "\n")
    write(f"{name}/model.safetensors", weights)
    ids = torch.randint(V, (STEPS, B, T))
    targets = (ids * 7 + 3) % V
    targets[torch.rand(STEPS, B, T) < 0.1] = -1  # without loss
    w = {k: t.clone().requires_grad_(True) for k, t in weights.items()}
    groups = [{"params": [t for t in w.values() if t.dim() >= 2], "weight_decay": 0.1},
              {"params": [t for t in w.values() if t.dim() < 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95), eps=1e-8)
    out, losses, norms = {"ids": ids.int(), "targets": targets.int()}, [], []
    for step in range(STEPS):
        y = logits(w, ids[step])
        loss = F.cross_entropy(y.flatten(0, 1), targets[step].flatten(), ignore_index=-1)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            out["logits"] = y
            out.update({f"grad/{k}": t.grad.clone() for k, t in w.items()})
        norms.append(torch.nn.utils.clip_grad_norm_(w.values(), 1.0).item())
        losses.append(loss.item())
        optimizer.step()
    out.update({f"final/{k}": t for k, t in w.items()})
    out["losses_f64"] = torch.tensor(losses, dtype=torch.float64)
    out["norms_f64"] = torch.tensor(norms, dtype=torch.float64)
    write(f"{name}/run.safetensors", out)
    print("  losses", *(f"{l:.4f}" for l in losses), " norms", *(f"{n:.2f}" for n in norms))


if __name__ == "__main__":
    torch.manual_seed(20262)
    train("gpt2", GPT2, gpt2_weights(GPT2), gpt2_logits)
    train("llama", LLAMA, llama_weights(), llama_logits)
