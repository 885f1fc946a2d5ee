"""Makes the fixtures that the Swift tests compare the engine with.

Without flags it writes Fixtures/ beside this script. With --check it makes them again in a temporary folder, compares
both within the tolerances that the fixtures state, and exits 1 if they differ.
"""

import argparse
import pathlib
import sys
import tempfile

import torch

import accumulation_cases
import grad_scaler_cases
import gradient_cases
import initializer_cases
import operation_cases
import optimizer_cases
import rounding_checks
import scaler_preset_cases
import schedule_cases
import state_dict_cases
import trajectory_cases
from fixture_files import differences

FIXTURES = pathlib.Path(__file__).parent / "Fixtures"

_CASES = (
    trajectory_cases,
    gradient_cases,
    accumulation_cases,
    grad_scaler_cases,
    scaler_preset_cases,
    optimizer_cases,
    schedule_cases,
    operation_cases,
    initializer_cases,
    state_dict_cases,
)


def write(folder):
    """Writes every fixture into a folder."""
    folder.mkdir(exist_ok=True)
    for cases in _CASES:
        cases.write(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    # One thread and deterministic kernels: the same bytes from every run on one machine.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    rounding_checks.check()
    if not arguments.check:
        write(FIXTURES)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write(pathlib.Path(folder))
        found = list(differences(FIXTURES, folder))
    print("\n".join(found) if found else "the fixtures are what this script makes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
