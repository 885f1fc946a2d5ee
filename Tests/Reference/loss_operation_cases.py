"""Cases of losses for operation_cases.py. All are means; the gradient of the loss is 1."""

import torch
from torch.nn import functional


def _cross_entropy(cases):
    logits, labels = cases.normal(3, 5, 7), cases.integers(7, 3, 5)

    def of_sequences(logits, labels):
        return functional.cross_entropy(logits.flatten(0, 1), labels.flatten())

    cases.add(
        "cross_entropy_rank_3", "cross_entropy", {}, {"logits": logits, "labels": labels}, of_sequences, ("logits",)
    )
    inputs = {"logits": cases.normal(2, 4, 3, 5), "labels": cases.integers(4, 2, 3, 5)}
    cases.add("cross_entropy_rank_4", "cross_entropy", {}, inputs, functional.cross_entropy, ("logits",))


def _regression(cases):
    inputs = {"x": cases.normal(6, 3), "targets": cases.normal(6, 3)}
    cases.add("mse", "mse", {}, inputs, functional.mse_loss)


def _binary(cases):
    with_logits = functional.binary_cross_entropy_with_logits
    for name, scale in (("bce_with_logits", 2.0), ("bce_with_logits_large", 60.0)):
        x = cases.normal(8, 3, scale=scale)
        # Classes, and what lies between them.
        targets = torch.where(cases.normal(8, 3) < 0.5, cases.integers(2, 8, 3).float(), cases.normal(8, 3).sigmoid())
        cases.add(name, "bce_with_logits", {}, {"x": x, "targets": targets}, with_logits)
    probabilities = cases.normal(8, 3).sigmoid()
    targets = torch.cat([cases.integers(2, 4, 3).float(), cases.normal(4, 3).sigmoid()])
    inputs = {"x": probabilities, "targets": targets}
    cases.add("bce", "binary_cross_entropy", {}, inputs, functional.binary_cross_entropy)
    # The logarithm ends at -100, the denominator of the gradient at 1e-12: right and wrong certainty.
    inputs = {"x": torch.tensor([0.0, 1.0, 0.0, 1.0]), "targets": torch.tensor([0.0, 1.0, 1.0, 0.0])}
    cases.add("bce_saturated", "binary_cross_entropy", {}, inputs, functional.binary_cross_entropy)


GROUPS = (_cross_entropy, _regression, _binary)
