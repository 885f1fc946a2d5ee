"""Writing fixtures so that equal content gives equal bytes, and comparing two folders of them."""

import json
import pathlib

import torch
from safetensors.torch import load_file, save

#: Numbers that describe the machine's arithmetic rather than a result: they may differ from one machine to another.
MEASURED = ("distance", "tolerance", "margin")

#: Largest difference of a regenerated tensor or number, relative to the tensor's largest element. fp32 results of
#: another processor's kernels differ by some ulps.
RELATIVE = 2e-6


def write_json(path, value):
    """Indented JSON with every list of plain values on one line."""
    pathlib.Path(path).write_text(_json(value, "") + "\n")


def _json(value, indent):
    deeper = indent + "  "
    if isinstance(value, dict):
        items = [f"{deeper}{json.dumps(key)}: {_json(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        items = [deeper + _json(item, deeper) for item in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    return json.dumps(value, allow_nan=False)


def write_tensors(path, tensors):
    """A safetensors file. fp64 tensors are stored as fp32: a fixture's readers compare in fp32."""
    stored = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach()
        stored[name] = (tensor.float() if tensor.dtype == torch.float64 else tensor).contiguous().clone()
    pathlib.Path(path).write_bytes(save(stored))


def differences(committed, regenerated):
    """What differs between two fixture folders, a line each."""
    committed, regenerated = pathlib.Path(committed), pathlib.Path(regenerated)
    names = {path.name for path in committed.iterdir()} | {path.name for path in regenerated.iterdir()}
    for name in sorted(names):
        left, right = committed / name, regenerated / name
        if not left.exists() or not right.exists():
            yield f"{name}: only in {committed if left.exists() else regenerated}"
        elif name.endswith(".json"):
            yield from _json_differences(name, json.loads(left.read_text()), json.loads(right.read_text()))
        else:
            yield from _tensor_differences(name, load_file(left), load_file(right))


def _json_differences(where, left, right, tolerance=RELATIVE):
    if isinstance(left, dict) and isinstance(right, dict):
        if left.keys() != right.keys():
            yield f"{where}: keys {sorted(left.keys() ^ right.keys())} are in one of the two only"
            return
        inner = left.get("tolerance", tolerance)
        for key in left:
            if not any(word in key for word in MEASURED):
                yield from _json_differences(f"{where}: {key}", left[key], right[key], inner)
    elif isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            yield f"{where}: {len(left)} values, now {len(right)}"
            return
        for index, (old, new) in enumerate(zip(left, right, strict=True)):
            yield from _json_differences(f"{where}[{index}]", old, new, tolerance)
    elif isinstance(left, float) and isinstance(right, (float, int)):
        if abs(left - right) > tolerance * abs(left):
            yield f"{where}: {left}, now {right}"
    elif left != right:
        yield f"{where}: {left!r}, now {right!r}"


def _tensor_differences(where, left, right):
    if left.keys() != right.keys():
        yield f"{where}: tensors {sorted(left.keys() ^ right.keys())} are in one of the two only"
        return
    for name, old in left.items():
        new = right[name]
        if old.dtype != new.dtype or old.shape != new.shape:
            yield f"{where}: {name} was {old.dtype} {tuple(old.shape)}, is {new.dtype} {tuple(new.shape)}"
        elif old.dtype.is_floating_point:
            difference = (old.float() - new.float()).abs().max().item()
            # What is stored in 16 bits may be rounded to the neighbour.
            relative = RELATIVE if old.dtype == torch.float32 else torch.finfo(old.dtype).eps
            if difference > relative * old.abs().max().item():
                yield f"{where}: {name} differs by {difference:.3g}"
        elif not torch.equal(old, new):
            yield f"{where}: {name} differs"
