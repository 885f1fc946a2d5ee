"""PyTorch twin of a GPT, with the names that nanoGPT gives to its parameters. Pre-norm, exact GELU.

Source: Karpathy, nanoGPT, model.py.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from packed_attention import packed_attention


class CausalSelfAttention(nn.Module):
    """(N, T, channels) -> (N, T, channels)."""

    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.c_attn = nn.Linear(channels, 3 * channels)
        self.c_proj = nn.Linear(channels, channels)

    def forward(self, x):
        return self.c_proj(packed_attention(self.c_attn(x), self.heads, is_causal=True))


class MLP(nn.Module):
    """(N, T, channels) -> (N, T, channels), four times as wide inside."""

    def __init__(self, channels):
        super().__init__()
        self.c_fc = nn.Linear(channels, 4 * channels)
        self.gelu = nn.GELU()
        self.c_proj = nn.Linear(4 * channels, channels)

    def forward(self, x):
        return self.c_proj(self.gelu(self.c_fc(x)))


class Block(nn.Module):
    """(N, T, channels) -> (N, T, channels)."""

    def __init__(self, channels, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(channels)
        self.attn = CausalSelfAttention(channels, heads)
        self.ln_2 = nn.LayerNorm(channels)
        self.mlp = MLP(channels)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """Tokens (N, T) int64, T at most `context` -> logits (N, T, vocabulary).

    The head is the token embedding, so the state_dict has no lm_head. A table of more `rows` than the data has tokens
    gives logits for the tokens of the data only. Weights start with a standard deviation of 0.02,
    those of the projections into the residual stream of 0.02 / sqrt(2 * layers); biases start as 0.
    """

    def __init__(self, vocabulary, context, channels, heads, layers, rows=None):
        super().__init__()
        self.vocabulary = vocabulary
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(rows or vocabulary, channels),
                "wpe": nn.Embedding(context, channels),
                "h": nn.ModuleList(Block(channels, heads) for _ in range(layers)),
                "ln_f": nn.LayerNorm(channels),
            }
        )
        for name, parameter in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * layers))
            elif parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens):
        parts = self.transformer
        x = parts.wte(tokens) + parts.wpe(torch.arange(tokens.shape[1]))
        for block in parts.h:
            x = block(x)
        table = parts.wte.weight
        if self.vocabulary < table.shape[0]:
            table = table[: self.vocabulary]
        return functional.linear(parts.ln_f(x), table)
