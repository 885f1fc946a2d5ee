"""A process that trains PyTorch twins on request and says how long their steps took: the other side of
`ampscope bench --against pytorch`.

A request is a JSON object on one line of standard input, and is answered by one on standard output. What anything
prints goes to standard error. The process waits in a read between two requests, and computes nothing then.

| `do` | fields | answer |
|---|---|---|
| `start` | `threads`, `processors` (numbers) | `torch` (version), `threads` |
| `build` | `name`, and the fields of `timed_twin.TimedTwin` | `losses` of the first `steps` steps |
| `perturbed` | `name`, `runs` | `losses` of the same steps from weights one ulp away, a list for each run |
| `run` | `name`, `settling`, `steps` | `milliseconds` of each step but the first `settling` |
| `memory` | `name` | `state` and `peak`, bytes |

A request that fails is answered by `error`, and by `missing` where a package is not installed.
"""

import json
import os
import sys
import traceback


def protocol_streams():
    """Requests and answers on descriptors of their own: what libraries print to standard output cannot get between."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return sys.stdin, answers


class SpeedTwin:
    """The twins that were built, by name, and what can be asked of them."""

    def __init__(self):
        self.twins = {}
        self.module = None

    def start(self, threads, processors):
        """Settles threads and processors before libgomp is loaded, which reads them once."""
        os.sched_setaffinity(0, processors)
        os.environ["OMP_NUM_THREADS"] = str(threads)
        # A team whose members may move is now and then woken on one processor: slower, and never faster.
        os.environ["GOMP_CPU_AFFINITY"] = " ".join(map(str, processors))
        # Compiles in this process: no workers that could compute beside a measurement.
        os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
        import timed_twin

        self.module = timed_twin
        return timed_twin.configure(threads)

    def build(self, name, **fields):
        twin = self.module.TimedTwin(**fields)
        self.twins[name] = twin
        return {"losses": twin.first_losses()}

    def perturbed(self, name, runs):
        return {"losses": self.twins[name].perturbed_losses(runs)}

    def run(self, name, settling, steps):
        return {"milliseconds": self.twins[name].timed_steps(settling, steps)}

    def memory(self, name):
        state, peak = self.twins[name].memory()
        return {"state": state, "peak": peak}

    def answer(self, request):
        action = request.pop("do")
        if action not in ("start", "build", "perturbed", "run", "memory"):
            raise ValueError(f"request {action!r} is unknown: use start, build, perturbed, run or memory")
        return getattr(self, action)(**request)


def main():
    requests, answers = protocol_streams()
    twin = SpeedTwin()
    for line in requests:
        try:
            answer = twin.answer(json.loads(line))
        except ModuleNotFoundError as error:
            answer = {"error": str(error), "missing": error.name}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
