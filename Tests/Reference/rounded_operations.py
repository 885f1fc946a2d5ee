"""Attention and LSTM with the roundings inside them that ampscope defines, as autograd functions.

Operands and results have a storage type; between two stores everything is fp32 (fp64 in an exact mode).
"""

import math

import torch


class Storage:
    """How an operation reads its operands and writes its results: here as real tensors of a 16-bit type, computed in
    fp32. exact_autocast.py has the one for fp64.
    """

    def __init__(self, dtype):
        self.dtype = dtype

    def read(self, value):
        """A stored tensor in the type of the arithmetic."""
        return value.float()

    def write(self, value):
        """A result in the type of the storage."""
        return value.to(self.dtype)

    def rounded(self, value):
        """A result as who reads it again sees it."""
        return self.read(self.write(value))


class _Attention(torch.autograd.Function):
    """softmax(q kᵀ / √d) v. Stored are P before its product with v, dS before its products with q and k, and results.

    The backward pass computes P again; δ comes from the stored output.
    """

    @staticmethod
    def forward(context, storage, q, k, v, is_causal):
        output = storage.write(storage.rounded(_Attention.probabilities(storage, q, k, is_causal)) @ storage.read(v))
        context.storage, context.is_causal = storage, is_causal
        context.save_for_backward(q, k, v, output)
        return output

    @staticmethod
    def backward(context, gradient):
        storage = context.storage
        stored = (*context.saved_tensors, gradient)
        q, k, v, output, gradient = map(storage.read, stored)
        probabilities = _Attention.probabilities(storage, stored[0], stored[1], context.is_causal)
        delta = (gradient * output).sum(-1, keepdim=True)
        scores = probabilities * (gradient @ v.transpose(-2, -1) - delta) / math.sqrt(q.shape[-1])
        scores = storage.rounded(scores)
        gradients = (
            scores @ k,
            scores.transpose(-2, -1) @ q,
            storage.rounded(probabilities).transpose(-2, -1) @ gradient,
        )
        return None, *map(storage.write, gradients), None

    @staticmethod
    def probabilities(storage, q, k, is_causal):
        """P, not rounded: (N, heads, T, T)."""
        scores = storage.read(q) @ storage.read(k).transpose(-2, -1) / math.sqrt(q.shape[-1])
        if is_causal:
            excluded = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
            scores = scores.masked_fill(excluded, -math.inf)
        return scores.softmax(-1)


def scaled_dot_product_attention(storage, query, key, value, is_causal=False):
    """torch.nn.functional.scaled_dot_product_attention with defined roundings. (N, heads, T, d) -> (N, heads, T, d)."""
    return _Attention.apply(storage, query, key, value, is_causal)


class _LSTMLayer(torch.autograd.Function):
    """One layer, batch first, from a zero state, gates in torch's order i, f, g, o.

    As in torch's _thnn_fused_lstm_cell both products with the weights are stored, and so are the activated gates, the
    cell and the output of every step; the step itself goes on with what it has not yet rounded.
    """

    @staticmethod
    def forward(context, storage, x, weight_ih, weight_hh, bias_ih, bias_hh):
        write, read, rounded = storage.write, storage.read, storage.rounded
        input_gates = rounded(read(x) @ read(weight_ih).T + read(bias_ih))
        hidden = cell = read(x).new_zeros(x.shape[0], weight_hh.shape[1])
        outputs, gates, cells = [], [], []
        for step in range(x.shape[1]):
            hidden_gates = rounded(hidden @ read(weight_hh).T + read(bias_hh))
            i, f, g, o = (input_gates[:, step] + hidden_gates).chunk(4, 1)
            i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
            cell = f * cell + i * g
            outputs.append(write(o * cell.tanh()))
            gates.append(write(torch.cat([i, f, g, o], 1)))
            cells.append(write(cell))
            hidden, cell = read(outputs[-1]), read(cells[-1])
        outputs, gates, cells = (torch.stack(steps, 1) for steps in (outputs, gates, cells))
        context.storage = storage
        context.save_for_backward(x, weight_ih, weight_hh, outputs, gates, cells)
        return outputs

    @staticmethod
    def backward(context, gradient):
        storage = context.storage
        gradient = storage.read(gradient)
        x, weight_ih, weight_hh, outputs, gates, cells = map(storage.read, context.saved_tensors)
        hidden_gradient = cell_gradient = torch.zeros_like(cells[:, 0])
        gate_gradients = [None] * x.shape[1]
        for step in reversed(range(x.shape[1])):
            i, f, g, o = gates[:, step].chunk(4, 1)
            previous = cells[:, step - 1] if step else torch.zeros_like(cells[:, 0])
            squashed = cells[:, step].tanh()
            dh = gradient[:, step] + hidden_gradient
            dc = cell_gradient + dh * o * (1 - squashed * squashed)
            di, df, dg, do = dc * g * i * (1 - i), dc * previous * f * (1 - f), dc * i * (1 - g * g), dh * squashed
            do = do * o * (1 - o)
            gate_gradients[step] = storage.rounded(torch.cat([di, df, dg, do], 1))
            cell_gradient = storage.rounded(dc * f)
            hidden_gradient = storage.rounded(gate_gradients[step] @ weight_hh)
        dgates = torch.stack(gate_gradients, 1)
        bias = storage.write(dgates.sum((0, 1)))
        return (
            None,
            storage.write(dgates @ weight_ih),
            storage.write(dgates.flatten(0, 1).T @ x.flatten(0, 1)),
            storage.write(dgates[:, 1:].flatten(0, 1).T @ outputs[:, :-1].flatten(0, 1)),
            bias,
            bias,
        )


def lstm(storage, x, _, weights, has_biases, layers, dropout, training, bidirectional, batch_first):
    """torch.lstm with defined roundings; the initial state is taken for zero, the final one is not returned."""
    if not has_biases or bidirectional or not batch_first or (training and dropout):
        raise ValueError("only a batch-first LSTM with biases, in one direction and without dropout has a twin")
    for layer in range(layers):
        x = _LSTMLayer.apply(storage, x, *weights[4 * layer : 4 * layer + 4])
    return x, None, None
