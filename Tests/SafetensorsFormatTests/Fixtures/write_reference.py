"""Writes reference.safetensors with the format's own implementation: pip install safetensors, then run this file."""
import ctypes
import pathlib
import struct

from safetensors import TensorSpec, serialize_file

tensors = {
    "weight": ("float32", [2, 3], struct.pack("<6f", 0.0, -1.5, 3.25, float("inf"), float("nan"), 1e-40)),
    "half": ("float16", [4], struct.pack("<4H", 0x3C00, 0xFBFF, 0x0001, 0x7C00)),
    "brain": ("bfloat16", [3], struct.pack("<3H", 0x3F80, 0xC049, 0x7F7F)),
    "double": ("float64", [1], struct.pack("<d", 0.1)),
    "num_batches_tracked": ("int64", [], struct.pack("<q", -7)),
    "small": ("int32", [2], struct.pack("<2i", -2147483648, 5)),
    "bytes": ("uint8", [3], bytes([0, 128, 255])),
    "empty": ("float32", [0, 4], b""),
    'naïve "name"\\': ("float32", [1], struct.pack("<f", 2.0)),
}
buffers = {name: ctypes.create_string_buffer(data, max(1, len(data))) for name, (_, _, data) in tensors.items()}
specs = {
    name: TensorSpec(dtype=dtype, shape=shape, data_ptr=ctypes.addressof(buffers[name]), data_len=len(data))
    for name, (dtype, shape, data) in tensors.items()
}
target = pathlib.Path(__file__).with_name("reference.safetensors")
serialize_file(specs, str(target), {"format": "pt", "note": 'a "quoted" line\n'})
