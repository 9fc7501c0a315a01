"""What the scripts here share: numbers to start from, and the file format."""

import json
import struct

import torch

DTYPES = {torch.float64: "F64", torch.float32: "F32", torch.int32: "I32"}


def normal(*shape, mean=0.0, std=1.0):
    """Normally distributed numbers that float32 holds exactly, as float64."""
    return (torch.randn(shape, dtype=torch.float64) * std + mean).float().double()


def write(path, tensors):
    """Write a .safetensors file: float64 becomes float32, unless the name says otherwise."""
    header, blobs, end = {}, [], 0
    for name, t in sorted(tensors.items()):
        t = t.detach().contiguous()
        if t.dtype == torch.float64 and not name.endswith("_f64"):
            t = t.float()
        blob = t.numpy().tobytes()
        header[name] = {"dtype": DTYPES[t.dtype], "shape": list(t.shape), "data_offsets": [end, end + len(blob)]}
        blobs.append(blob)
        end += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 8) % 64)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))
    print(f"{path}: {len(header)} tensors, {8 + len(text) + end} bytes")
