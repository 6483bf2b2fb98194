"""The preset `gumbel` in PyTorch: the number to hold ours against.

`elbo export RUN --out F.safetensors --reference 10000` of any run of the preset, then
`python benches/peers/torch_gumbel_vae.py --seed 1 --images F.reference.safetensors` (`pip install torch numpy safetensors`).

The images of F.reference.safetensors are the test images as elbo has binarised them: both programs are evaluated on the
same pixels. Without `--images` the test images are drawn here, once. Training images come from assets/mnist and are drawn
anew each epoch; weights, order and noise are PyTorch's own. Evaluation is hard: categorical log q and log p of one-hot codes.
Prints one JSON object.
"""

import argparse
import gzip
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

GROUPS, CLASSES = 20, 10
START, RATE, FLOOR = 1.0, 3e-5, 0.5


def greys(name):
    path = Path(__file__).resolve().parents[2] / "assets" / "mnist" / f"{name}-images-idx3-ubyte.gz"
    data = np.frombuffer(gzip.decompress(path.read_bytes()), dtype=np.uint8)
    return torch.from_numpy(data[16:].reshape(-1, 784).astype(np.float32) / 255)


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [784, 512, 256, GROUPS * CLASSES]
        layers = lambda sizes: [nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])]
        relus = lambda layers: nn.Sequential(*[m for layer in layers for m in (layer, nn.ReLU())][:-1])
        self.encoder, self.decoder = relus(layers(sizes)), relus(layers(sizes[::-1]))

    def log_q(self, x):
        return F.log_softmax(self.encoder(x).view(-1, GROUPS, CLASSES), dim=-1)

    def log_likelihood(self, z, x):
        logits = self.decoder(z.flatten(1))
        return -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(1)


def kl(log_q):
    return (log_q.exp() * (log_q + math.log(CLASSES))).sum((1, 2))


def gumbels(shape):
    return -torch.log(-torch.log(torch.rand(shape).clamp(2**-24, 1 - 2**-24)))


def hard(log_q):
    return F.one_hot((log_q + gumbels(log_q.shape)).argmax(-1), CLASSES).float()


@torch.no_grad()
def evaluate(vae, images, particles, evaluated):
    log_q = vae.log_q(images)
    elbo = (vae.log_likelihood(hard(log_q), images) - kl(log_q)).double().mean().item()
    bounds = []
    for x in images[:evaluated]:
        log_q = vae.log_q(x[None]).expand(particles, -1, -1)
        z = hard(log_q)
        log_weights = vae.log_likelihood(z, x[None]) - GROUPS * math.log(CLASSES) - (z * log_q).sum((1, 2))
        bounds.append(torch.logsumexp(log_weights.double(), 0) - math.log(particles))
    return elbo, -torch.stack(bounds).mean().item()


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--epochs", type=int, default=50)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--particles", type=int, default=1000)
parser.add_argument("--evaluated", type=int, default=1000, help="test images of the NLL")
parser.add_argument("--images", type=Path, metavar="F.reference.safetensors")
args = parser.parse_args()

torch.manual_seed(args.seed)
torch.set_num_threads(args.threads)
train, vae = greys("train"), Vae()
if args.images:
    from safetensors.torch import load_file

    test = load_file(args.images)["images"]
else:
    test = torch.bernoulli(greys("t10k"))
optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
step, started = 0, time.time()
for epoch in range(args.epochs):
    images, order = torch.bernoulli(train), torch.randperm(len(train))
    for batch in order.split(100):
        x = images[batch]
        temperature = max(FLOOR, START * math.exp(-RATE * step))
        log_q = vae.log_q(x)
        y = F.softmax((log_q + gumbels(log_q.shape)) / temperature, dim=-1)
        loss = (kl(log_q) - vae.log_likelihood(y, x)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
    if epoch == 0 or (epoch + 1) % 10 == 0:
        print(f"epoch {epoch + 1}: loss {loss.item():.2f}, {time.time() - started:.0f} s", flush=True, file=__import__("sys").stderr)
seconds = time.time() - started
elbo, nll = evaluate(vae, test, args.particles, args.evaluated)
result = {"torch": torch.__version__, "seed": args.seed, "epochs": args.epochs, "seconds": seconds}
result |= {"test_images": len(test), "elbo": elbo, "nll": nll, "particles": args.particles, "evaluated": args.evaluated}
print(json.dumps(result))
