"""Steps that accumulate the gradients of four batches: mlp-accumulation.json and mlp-accumulation-overflow.json.

The loss scale stays as it is until a step ends, whatever its batches bring.
"""

import torch

from fixture_files import write_json, write_tensors
from networks import NETWORKS, init_file, initial_state
from synthetic_data import STEPS
from training import Mode
from trajectory_cases import SCALER, mode_report, optimizers

MODEL = "mlp"
ACCUMULATION = 4
_SCALER = {**SCALER, "growth_interval": 2}
MODES = {"fp32": (Mode(), None), "amp-bf16": (Mode(torch.bfloat16), None), "amp-fp16": (Mode(torch.float16), _SCALER)}

#: The batch, second of the third step, whose pixels are multiplied by a factor so large that its gradients overflow.
OVERFLOWING_BATCH = 2 * ACCUMULATION + 1
FACTOR = 1024.0
OVERFLOW_FILE = "accumulation-overflow.batches.safetensors"
OVERFLOW_MODES = {"amp-fp16": (Mode(torch.float16), {**_SCALER, "init_scale": 4096.0})}


def _case(name, modes, batches, batches_file):
    """The content of one file."""
    network = NETWORKS[MODEL]
    state, optimizer = initial_state(network), optimizers(network)["sgd"]
    reports = {}
    for mode_name, mode in modes.items():
        fp32_losses = reports["fp32"]["torch_losses"] if reports else None
        reports[mode_name] = mode_report(
            MODEL, mode_name, mode, state, batches, optimizer, fp32_losses, accumulation=ACCUMULATION
        )
    return {
        "name": name,
        "model": network.description,
        "optimizer": optimizer,
        "steps": STEPS // ACCUMULATION,
        "accumulation": ACCUMULATION,
        "batch": batches["x"].shape[1],
        "init_file": init_file(MODEL),
        "batches_file": batches_file,
        "modes": reports,
    }


def write(folder):
    """Writes the accumulation fixtures into a folder."""
    network = NETWORKS[MODEL]
    batches = network.batches()
    name = f"{MODEL}-accumulation"
    write_json(folder / f"{name}.json", _case(name, MODES, batches, network.batches_file))
    batches["x"][OVERFLOWING_BATCH] *= FACTOR
    write_tensors(folder / OVERFLOW_FILE, batches)
    name = f"{MODEL}-accumulation-overflow"
    case = _case(name, OVERFLOW_MODES, batches, OVERFLOW_FILE)
    found_inf = case["modes"]["amp-fp16"]["found_inf"]
    if found_inf != [step == OVERFLOWING_BATCH // ACCUMULATION for step in range(case["steps"])]:
        raise RuntimeError(f"{name}: other steps than the third overflow: {found_inf}")
    write_json(folder / f"{name}.json", {**case, "overflowing_batch": OVERFLOWING_BATCH})
