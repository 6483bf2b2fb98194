"""The work of `just bench` in PyTorch, NumPy and BayesPy, one round a request.

`just bench-peers PYTHON` starts it. A request is a line of JSON on stdin, the answer a line on stdout:
{"work": "notebook", "threads": 2, "batch": 100, "steps": 20} -> {"milliseconds": 5.7}, a unit of the work.
A package that is missing, or a work that is not known, answers {}.
"""

import json
import math
import sys
import time


def torch_step(work, threads, batch, steps, held={}):
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(threads)
    shapes = {
        "notebook": ([784, 400, 400], 200, [400, 400], lambda h: F.leaky_relu(h, 0.2)),
        "pytorch-example": ([784, 400], 20, [400], torch.relu),
        "small-20": ([784, 200, 200], 50, [200, 200], torch.tanh),
        "small-100": ([784, 200, 200], 50, [200, 200], torch.tanh),
        "gumbel": ([784, 512, 256], 200, [256, 512], torch.relu),
    }
    # the importance-weighted bounds of the small network, by the number of particles
    kind, _, particles = work.rpartition("-")
    weighted = kind in ("iwae", "stl", "dreg")
    if weighted:
        shapes[work] = shapes["small-100"]
    encoder, latent, decoder, activation = shapes[work]
    if work not in held:
        stack = lambda sizes: nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        heads = [nn.Linear(encoder[-1], latent) for _ in range(1 if work == "gumbel" else 2)]
        model = nn.ModuleList([stack(encoder), nn.ModuleList(heads), stack([latent, *decoder]), nn.Linear(decoder[-1], 784)])
        images = (torch.rand(20_000, 784) < 0.13).float()
        held[work] = model, torch.optim.Adam(model.parameters(), lr=1e-3, fused=True), images, torch.randperm(len(images))
    model, optimizer, images, order = held[work]

    def decode(z):
        for layer in model[2]:
            z = activation(layer(z))
        return model[3](z)

    def bound(x, mu, lv, particles):
        """-log 1/K sum_k w_k; path derivatives for "stl" (Roeder et al. 2017), squared weights for "dreg" (Tucker et al. 2018)."""
        eps = torch.randn(particles, *mu.shape)
        z = mu + eps * torch.exp(0.5 * lv)
        if kind != "iwae":
            mu, lv = mu.detach(), lv.detach()
        log_p = -0.5 * (z * z).sum(-1)
        log_q = -0.5 * ((z - mu) ** 2 * torch.exp(-lv) + lv).sum(-1)
        logits = decode(z)
        log_lik = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        log_w = log_lik + log_p - log_q
        if kind != "dreg":
            return -(torch.logsumexp(log_w, 0) - math.log(particles)).mean()
        weights = torch.softmax(log_w, 0).detach()
        z.register_hook(lambda gradient: gradient * weights[..., None])
        return -(weights * log_w).sum(0).mean()

    def loss(x):
        h = x
        for layer in model[0]:
            h = activation(layer(h))
        if work == "gumbel":
            log_q = F.log_softmax(model[1][0](h).view(-1, 20, 10), -1)
            kl = (log_q.exp() * (log_q + math.log(10))).sum()
            uniform = torch.rand_like(log_q).clamp(2**-24, 1 - 2**-24)
            z = F.softmax((log_q - torch.log(-torch.log(uniform))) / 0.8, -1).flatten(1)
        else:
            mu, lv = model[1][0](h), model[1][1](h)
            if weighted:
                return bound(x, mu, lv, int(particles))
            kl = 0.5 * (lv.exp() + mu * mu - lv - 1).sum()
            z = mu + torch.randn_like(mu) * torch.exp(0.5 * lv)
        return (F.binary_cross_entropy_with_logits(decode(z), x, reduction="sum") + kl) / len(x)

    def round(count):
        for step in range(count):
            first = step * batch % (len(images) - batch)
            optimizer.zero_grad()
            loss(images[order[first : first + batch]]).backward()
            optimizer.step()

    round(3)
    started = time.perf_counter()
    round(steps)
    return (time.perf_counter() - started) * 1e3 / steps


def torch_evaluate(threads, particles, images, held=[]):
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(threads)
    if not held:
        layer = lambda *sizes: [nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])]
        held.extend([nn.ModuleList(layer(784, 400, 400) + layer(400, 200) + layer(400, 200) + layer(200, 400, 400, 784))])
        held.append((torch.rand(1000, 784) < 0.13).float())
    (e1, e2, head_loc, head_lv, d1, d2, out), pixels = held
    act = lambda h: F.leaky_relu(h, 0.2)
    started = time.perf_counter()
    with torch.no_grad():
        for x in pixels[:images].split(1):
            h = act(e2(act(e1(x))))
            mu, lv = head_loc(h), head_lv(h)
            eps = torch.randn(particles, 200)
            z = mu + eps * torch.exp(0.5 * lv)
            logits = out(act(d2(act(d1(z)))))
            lpx = -F.binary_cross_entropy_with_logits(logits, x.expand(particles, -1), reduction="none").sum(1)
            lw = lpx - 0.5 * (z * z).sum(1) + 0.5 * (eps * eps).sum(1) + 0.5 * lv.sum()
            torch.logsumexp(lw, 0)
    return (time.perf_counter() - started) * 1e3


def numpy_sweep(events, components, sweeps, held={}):
    import numpy as np
    from scipy.special import digamma

    tau, rho, alpha, beta = 25.0, 1.0, 4.0, 0.5
    if (events, components) not in held:
        held.clear()
        random = np.random.default_rng(1)
        label = random.integers(components, size=events)
        place = random.normal(size=(components, 2))[label] + random.normal(size=(events, 2)) / 5
        strength = random.poisson(random.gamma(alpha, 1 / beta, size=components)[label]).astype(float)
        held[events, components] = place, strength, np.eye(components)[label]
    place, strength, r = held[events, components]
    data = np.concatenate([place, strength[:, None]], 1)
    square = tau / 2 * (place * place).sum(1)
    started = time.perf_counter()
    for _ in range(sweeps):
        counts = r.sum(0)
        precision = rho + tau * counts
        mean = tau * (r.T @ place) / precision[:, None]
        shape, rate = alpha + r.T @ strength, beta + counts
        # one N x K matrix product instead of an N x K x D array
        logits = data @ np.concatenate([tau * mean, (digamma(shape) - np.log(rate))[:, None]], 1).T
        logits += (-tau / 2 * ((mean * mean).sum(1) + 2 / precision) - shape / rate)[None]
        logits -= square[:, None]
        largest = logits.max(1, keepdims=True)
        logits -= largest
        np.exp(logits, out=logits)
        total = logits.sum(1, keepdims=True)
        logits /= total
        r = logits
        (largest + np.log(total)).sum()
    held[events, components] = place, strength, r
    return (time.perf_counter() - started) * 1e3 / sweeps


def bayespy_sweep(events, components, sweeps, held={}):
    import numpy as np
    from bayespy.inference import VB
    from bayespy.nodes import Categorical, Gamma, Gaussian, Mixture, Poisson

    tau, rho, alpha, beta = 25.0, 1.0, 4.0, 0.5
    if (events, components) not in held:
        held.clear()
        random = np.random.default_rng(1)
        label = random.integers(components, size=events)
        z = Categorical(np.full(components, 1 / components), plates=(events,))
        mu = Gaussian(np.zeros(2), rho * np.eye(2), plates=(components,))
        rate = Gamma(alpha, beta, plates=(components,))
        position, count = Mixture(z, Gaussian, mu, tau * np.eye(2)), Mixture(z, Poisson, rate)
        position.observe(random.normal(size=(components, 2))[label] + random.normal(size=(events, 2)) / 5)
        count.observe(random.poisson(random.gamma(alpha, 1 / beta, size=components)[label]))
        z.initialize_from_parameters(0.9 * np.eye(components)[label] + 0.1 / components)
        held[events, components] = VB(position, count, mu, rate, z), [mu, rate, z]
    engine, order = held[events, components]
    started = time.perf_counter()
    engine.update(*order, repeat=sweeps, tol=-1, verbose=False)
    return (time.perf_counter() - started) * 1e3 / sweeps


def answer(request):
    work = request.pop("work")
    try:
        if work == "sweep":
            return {"milliseconds": numpy_sweep(**request)}
        if work == "bayespy-sweep":
            return {"milliseconds": bayespy_sweep(**request)}
        if work == "evaluate":
            return {"milliseconds": torch_evaluate(**request)}
        return {"milliseconds": torch_step(work, **request)}
    except (ImportError, KeyError):
        return {}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
