"""Cases of batched products, attention and LSTM for operation_cases.py."""

import math

import torch
from torch.nn import functional


def _batched_products(cases):
    for transpose_a in (False, True):
        for transpose_b in (False, True):
            a, b = cases.normal(3, 5, 7), cases.normal(3, 7, 4)
            inputs = {"a": a.mT.contiguous() if transpose_a else a, "b": b.mT.contiguous() if transpose_b else b}

            def product(a, b, transpose_a=transpose_a, transpose_b=transpose_b):
                return torch.bmm(a.mT if transpose_a else a, b.mT if transpose_b else b)

            name = "bmm" + ("_transpose_a" if transpose_a else "") + ("_transpose_b" if transpose_b else "")
            attributes = {"transpose_a": transpose_a, "transpose_b": transpose_b}
            cases.add(name, "bmm", attributes, inputs, product, ("a", "b"))


def _attention(cases):
    for name, batch, length, width, heads, is_causal, scale in (
        ("attention", 2, 7, 12, 3, False, 1.0),
        ("attention_causal", 2, 7, 12, 3, True, 1.0),
        ("attention_one_head", 1, 19, 5, 1, False, 1.0),
        ("attention_causal_large_scores", 2, 9, 8, 2, True, 6.0),
        ("attention_causal_one_token", 2, 1, 8, 2, True, 1.0),
    ):

        def attend(qkv, heads=heads, is_causal=is_causal):
            q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in qkv.chunk(3, -1))
            scores = (q @ k.mT / math.sqrt(q.shape[-1])).detach()
            if is_causal:
                scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -math.inf)
            output = functional.scaled_dot_product_attention(q, k, v, is_causal=is_causal)
            return output.transpose(1, 2).flatten(2), {"logsumexp": scores.logsumexp(-1)}

        inputs = {"qkv": cases.normal(batch, length, 3 * width, scale=scale)}
        cases.add(name, "attention", {"heads": heads, "causal": is_causal}, inputs, attend, ("qkv",))


def _recurrent(x, weight_ih, weight_hh, bias_ih, bias_hh):
    """torch.lstm, and the activated gates and the cells of its steps."""
    zero = x.new_zeros(1, x.shape[0], weight_hh.shape[1])
    weights = [weight_ih, weight_hh, bias_ih, bias_hh]
    y, _, last_cell = torch.lstm(x, (zero, zero), weights, True, 1, 0.0, False, False, True)
    hidden = torch.cat([zero.transpose(0, 1), y.detach()], 1)
    cells, gates = [zero[0]], []
    for step in range(x.shape[1]):
        sums = functional.linear(x[:, step], weight_ih, bias_ih) + functional.linear(
            hidden[:, step], weight_hh, bias_hh
        )
        i, f, g, o = sums.detach().chunk(4, 1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        gates.append(torch.cat([i, f, g, o], 1))
        cells.append(f * cells[-1] + i * g)
    torch.testing.assert_close(cells[-1], last_cell[0].detach(), rtol=0, atol=1e-12)
    return y, {"gates": torch.stack(gates, 1), "cells": torch.stack(cells[1:], 1)}


def _lstm(cases):
    for name, batch, length, width, hidden in (("lstm", 3, 6, 5, 4), ("lstm_one_step", 2, 1, 3, 9)):
        inputs = {"x": cases.normal(batch, length, width)}
        for role, shape in (
            ("weight_ih", (4 * hidden, width)),
            ("weight_hh", (4 * hidden, hidden)),
            ("bias_ih", (4 * hidden,)),
            ("bias_hh", (4 * hidden,)),
        ):
            inputs[role] = cases.normal(*shape, scale=0.5)
        cases.add(name, "lstm", {"hidden": hidden}, inputs, _recurrent, tuple(inputs))


GROUPS = (_batched_products, _attention, _lstm)
