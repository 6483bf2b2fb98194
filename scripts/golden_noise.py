"""The golden draws of crates/distributions/src/noise.rs, from an independent ChaCha8 and Box-Muller in plain Python.

`python scripts/golden_noise.py` prints the words (exact) and the bits of the normals (computed in double precision and
rounded: the f32 arithmetic of box_muller.rs may differ from them in the last place or two).
"""

import math
import struct

MASK = 0xFFFFFFFF


def rotate(x, n):
    return ((x << n) | (x >> (32 - n))) & MASK


def quarter(s, a, b, c, d):
    s[a] = (s[a] + s[b]) & MASK; s[d] = rotate(s[d] ^ s[a], 16)
    s[c] = (s[c] + s[d]) & MASK; s[b] = rotate(s[b] ^ s[c], 12)
    s[a] = (s[a] + s[b]) & MASK; s[d] = rotate(s[d] ^ s[a], 8)
    s[c] = (s[c] + s[d]) & MASK; s[b] = rotate(s[b] ^ s[c], 7)


def chacha8_block(key, counter):
    """16 words: the 64-bit counter in words 12 and 13, the 64-bit stream (0) in 14 and 15."""
    start = list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key))
    start += [counter & MASK, counter >> 32, 0, 0]
    s = list(start)
    for _ in range(4):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)):
            quarter(s, a, b, c, d)
        for a, b, c, d in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(s, a, b, c, d)
    return [(x + y) & MASK for x, y in zip(s, start)]


def words(seed, purpose, epoch, step, count):
    key = struct.pack("<4Q", seed, purpose, epoch, step)
    out = []
    for counter in range((count + 15) // 16):
        out += chacha8_block(key, counter)
    return out[:count]


def normals(block):
    """Box-Muller over a block of 64 words: radii from the first half, angles from the second."""
    out = [0.0] * 64
    for i in range(32):
        radius = math.sqrt(-2 * math.log((block[i] + 0.5) / 2**32))
        word = block[32 + i]
        place = (((word & 0x3FFFFFFF) >> 7) + 0.5) / 2**23 - 0.5
        angle = ((word >> 30) + place) * math.pi / 2
        out[i], out[32 + i] = radius * math.cos(angle), radius * math.sin(angle)
    return out


WEIGHTS, TRAINING_LATENT = 1, 4
print("words of (seed 1, Weights, 0, 0):", words(1, WEIGHTS, 0, 0, 2))
first = normals(words(1, TRAINING_LATENT, 1, 0, 64))[:2]
bits = [struct.unpack("<I", struct.pack("<f", z))[0] for z in first]
print("normals of (seed 1, TrainingLatent, 1, 0):", first, "bits:", bits)
