"""Golden steps of learning from preferences and rewards: writes the folder rl with config.json
and model.safetensors, a small GPT-2-type model, and steps.safetensors (see README.md).

Everything is written out in plain PyTorch, in float64, from the papers' formulas. Rows are
prompts with answers, filled up with 0; place [i, j] of an array [N, T] belongs to the
prediction of token j+1 of row i, and holds 0 where that token is no part of the answer.

The head that turns hidden states into scores or values: score.weight [1, C], score.bias [1].

reward: one ranking of 4 answers, the best first.
  ids [4, T]; last [4], the place row·T + column of each one's last token; scores [4]
  pairs/loss_f64, plackett_luce/loss_f64, and for each grad/NAME of all parameters and the head

dpo: two pairs, better and worse answer in turn.
  ids, targets [4, T], target −1 where there is no loss; beta_f64
  policy, reference [4]: log-probabilities of the answers
  dpo/loss_f64, ipo/loss_f64, and for each grad/NAME

ppo: 4 answers; the value of place [i, j] is that of the hidden state that predicts the token.
  ids, targets [4, T]; score [4], the reward of each whole answer
  beta_f64, lambda_f64, clip_f64, value_clip_f64, value_coefficient_f64
  old, reference, values [4, T]: log-probabilities and values when the answers were drawn
  rewards [4, T]: −beta·(old − reference), and the score added at the last token
  gamma_1/advantages, gamma_1/returns, gamma_099/advantages, gamma_099/returns [4, T]
  whitened [4, T]: advantages for gamma 1, shifted and scaled over all answers' tokens
  policy_loss_f64, value_loss_f64, loss_f64 = policy_loss + value_coefficient·value_loss, each
  the mean over all answers' tokens, and grad/NAME of loss, the head included

grpo: two prompts with 3 answers each.
  ids, targets [6, T]; score [6]; beta_f64, clip_f64; old, reference [6, T]
  advantages [6]: the score within its group
  policy_loss_f64, kl_f64, loss_f64 = policy_loss + beta·kl, each the mean over answers of the
  mean over the answer's tokens, and grad/NAME of loss
"""

import json
import os

import torch

from golden import normal, write
from make_models import gpt2_hidden, gpt2_weights

CONFIG = {"model_type": "gpt2", "vocab_size": 23, "n_positions": 12, "n_embd": 12, "n_layer": 1, "n_head": 2,
          "n_inner": 17, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "tie_word_embeddings": True,
          "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
out = {}


def sequences(prompts, lengths):
    """Random answers of given lengths to prompts: ids and targets [N, T], mask [N, T]."""
    rows = [torch.cat([p, torch.randint(CONFIG["vocab_size"], (n,))]) for p, n in zip(prompts, lengths)]
    T = max(len(r) for r in rows) - 1
    ids, targets = torch.zeros(len(rows), T, dtype=torch.long), torch.full((len(rows), T), -1)
    for i, (row, prompt) in enumerate(zip(rows, prompts)):
        ids[i, : len(row) - 1] = row[:-1]
        targets[i, len(prompt) - 1 : len(row) - 1] = row[len(prompt) :]
    return ids, targets, targets >= 0


def prompt(n):
    return torch.randint(CONFIG["vocab_size"], (n,))


def exact(x):
    """Rounded to what float32 holds."""
    return x.detach().float().double()


def hidden(w, ids):
    return gpt2_hidden(CONFIG, w, ids)


def log_probs(w, ids, targets):
    """log p(target) [N, T], 0 where there is none."""
    logp = torch.log_softmax(hidden(w, ids) @ w["transformer.wte.weight"].T, -1)
    return logp.gather(-1, targets.clamp(min=0)[..., None])[..., 0] * (targets >= 0)


def values(w, ids):
    return (hidden(w, ids) @ w["score.weight"].T + w["score.bias"])[..., 0]


def put(case, **arrays):
    for name, x in arrays.items():
        if isinstance(x, float):
            x = torch.tensor([x], dtype=torch.float64)
        out[f"{case}/{name}"] = x.int() if x.dtype == torch.long else x


def step(case, w, loss):
    """Record a loss and its gradients; a parameter that takes no part has none."""
    out[f"{case}/loss_f64"] = loss.reshape(1)
    for (name, _), grad in zip(w.items(), torch.autograd.grad(loss, list(w.values()), retain_graph=True, allow_unused=True)):
        if grad is not None:
            out[f"{case}/grad/{name}"] = grad


def reward(w):
    p = prompt(3)
    lengths = torch.tensor([5, 3, 6, 4])
    rows = [torch.cat([p, torch.randint(CONFIG["vocab_size"], (n,))]) for n in lengths]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    at = lengths + len(p) - 1
    s = values(w, ids)[torch.arange(4), at]
    put("reward", ids=ids, last=torch.arange(4) * ids.shape[1] + at, scores=s)
    pairs = [-torch.log(torch.sigmoid(s[i] - s[j])) for i in range(4) for j in range(i + 1, 4)]
    step("reward/pairs", w, sum(pairs) / 6)
    step("reward/plackett_luce", w, -sum(torch.log(s[i].exp() / s[i:].exp().sum()) for i in range(4)))


def preferences(w, other):
    a, b, beta = prompt(4), prompt(2), 0.3
    ids, targets, _ = sequences([a, a, b, b], [5, 3, 4, 6])
    policy = log_probs(w, ids, targets).sum(1)
    reference = exact(log_probs(other, ids, targets).sum(1))
    put("dpo", ids=ids, targets=targets, policy=policy, reference=reference, beta_f64=beta)
    ratio = policy - reference
    better, worse = ratio[0::2], ratio[1::2]
    step("dpo/dpo", w, -torch.log(torch.sigmoid(beta * (better - worse))).mean())
    step("dpo/ipo", w, ((better - worse - 1 / (2 * beta)) ** 2).mean())


def estimate(rewards, v, mask, gamma, lam):
    """Advantages by the sum over all later differences (Schulman et al. 2016, equation 16)."""
    advantages = torch.zeros_like(v)
    for i in range(len(v)):
        at = mask[i].nonzero()[:, 0]
        later = torch.cat([v[i, at[1:]], torch.zeros(1)])
        delta = rewards[i, at] + gamma * later - v[i, at]
        for k in range(len(at)):
            advantages[i, at[k]] = sum((gamma * lam) ** (l - k) * delta[l] for l in range(k, len(at)))
    return advantages, (advantages + v) * mask


def ppo(w, other):
    beta, lam, clip, value_clip, coefficient = 0.15, 0.95, 0.2, 0.25, 0.1
    ids, targets, mask = sequences([prompt(3), prompt(2), prompt(4), prompt(1)], [6, 4, 5, 1])
    logp, v = log_probs(w, ids, targets), values(w, ids)
    old = exact((logp + normal(*logp.shape, std=0.3)) * mask)
    reference = exact(log_probs(other, ids, targets))
    before = exact((v + normal(*v.shape, std=0.4)) * mask)
    score = normal(4, std=1.5)
    rewards = -beta * (old - reference)
    for i in range(4):
        rewards[i, mask[i].nonzero()[-1, 0]] += score[i]
    put("ppo", ids=ids, targets=targets, score=score, old=old, reference=reference, values=before, rewards=rewards,
        beta_f64=beta, lambda_f64=lam, clip_f64=clip, value_clip_f64=value_clip, value_coefficient_f64=coefficient)
    for name, gamma in [("gamma_099", 0.99), ("gamma_1", 1.0)]:
        advantages, returns = estimate(rewards, before, mask, gamma, lam)
        put("ppo/" + name, advantages=advantages, returns=returns)
    those = advantages[mask]
    whitened = (advantages - those.mean()) / (those.var(unbiased=True) + 1e-8).sqrt() * mask
    ratio = (logp - old).exp()
    gain = torch.min(ratio * whitened, ratio.clamp(1 - clip, 1 + clip) * whitened)
    near = before + (v - before).clamp(-value_clip, value_clip)
    error = torch.max((v - returns) ** 2, (near - returns) ** 2)
    policy_loss, value_loss = -gain[mask].mean(), 0.5 * error[mask].mean()
    put("ppo", whitened=whitened, policy_loss_f64=policy_loss.reshape(1), value_loss_f64=value_loss.reshape(1))
    step("ppo", w, policy_loss + coefficient * value_loss)
    clipped = ((ratio - 1).abs() > clip) & mask
    print(f"  ppo: {mask.sum()} tokens, {clipped.sum()} ratios and {(((v - before).abs() > value_clip) & mask).sum()} values clipped")


def grpo(w, other):
    beta, clip = 0.04, 0.2
    a, b = prompt(3), prompt(2)
    ids, targets, mask = sequences([a, a, a, b, b, b], [5, 2, 4, 6, 3, 1])
    logp = log_probs(w, ids, targets)
    old = exact((logp + normal(*logp.shape, std=0.3)) * mask)
    reference = exact(log_probs(other, ids, targets))
    score = normal(6)
    groups = score.view(2, 3)
    advantages = ((groups - groups.mean(1, keepdim=True)) / (groups.std(1, unbiased=True, keepdim=True) + 1e-4)).flatten()
    each = advantages[:, None].expand_as(logp)
    ratio = (logp - old).exp()
    gain = torch.min(ratio * each, ratio.clamp(1 - clip, 1 + clip) * each)
    k3 = (reference - logp).exp() - (reference - logp) - 1
    mean = lambda x: ((x * mask).sum(1) / mask.sum(1)).mean()
    policy_loss, kl = -mean(gain), mean(k3)
    put("grpo", ids=ids, targets=targets, score=score, old=old, reference=reference, advantages=advantages, beta_f64=beta, clip_f64=clip,
        policy_loss_f64=policy_loss.reshape(1), kl_f64=kl.reshape(1))
    step("grpo", w, policy_loss + beta * kl)


if __name__ == "__main__":
    torch.manual_seed(20263)
    os.makedirs("rl", exist_ok=True)
    with open("rl/config.json", "w") as f:
        f.write(json.dumps(CONFIG, indent=2) + "\n")
    model = gpt2_weights(CONFIG)
    write("rl/model.safetensors", model)
    head = {"score.weight": normal(1, CONFIG["n_embd"], std=0.5), "score.bias": normal(1, std=0.3)}
    out.update(head)
    w = {k: t.clone().requires_grad_(True) for k, t in (model | head).items()}
    other = {k: t + normal(*t.shape, std=0.1) for k, t in model.items()}  # the reference
    reward(w)
    preferences(w, other)
    ppo(w, other)
    grpo(w, other)
    write("rl/steps.safetensors", out)
