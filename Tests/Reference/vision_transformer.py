"""PyTorch twin of a vision transformer, with torchvision's names and initial weights. Pre-norm, exact GELU.

Source: Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words"; torchvision/models/vision_transformer.py.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from packed_attention import packed_attention


class SelfAttention(nn.Module):
    """torch.nn.MultiheadAttention on one sequence, with its parameters. (N, T, channels) -> (N, T, channels)."""

    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * channels, channels))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * channels))
        self.out_proj = nn.Linear(channels, channels)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x):
        qkv = functional.linear(x, self.in_proj_weight, self.in_proj_bias)
        return self.out_proj(packed_attention(qkv, self.heads, is_causal=False))


class EncoderBlock(nn.Module):
    """(N, T, channels) -> (N, T, channels)."""

    def __init__(self, channels, heads, hidden):
        super().__init__()
        self.ln_1 = nn.LayerNorm(channels, eps=1e-6)
        self.self_attention = SelfAttention(channels, heads)
        self.ln_2 = nn.LayerNorm(channels, eps=1e-6)
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden), nn.GELU(), nn.Dropout(0.0), nn.Linear(hidden, channels), nn.Dropout(0.0)
        )
        for linear in (self.mlp[0], self.mlp[3]):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.normal_(linear.bias, std=1e-6)

    def forward(self, x):
        x = x + self.self_attention(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Encoder(nn.Module):
    """Position embedding, blocks and layer norm. (N, tokens, channels) -> (N, tokens, channels)."""

    def __init__(self, tokens, channels, heads, layers, hidden):
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.empty(1, tokens, channels).normal_(std=0.02))
        blocks = {f"encoder_layer_{index}": EncoderBlock(channels, heads, hidden) for index in range(layers)}
        self.layers = nn.Sequential()
        for name, block in blocks.items():
            self.layers.add_module(name, block)
        self.ln = nn.LayerNorm(channels, eps=1e-6)

    def forward(self, x):
        return self.ln(self.layers(x + self.pos_embedding))


class VisionTransformer(nn.Module):
    """(N, in_channels, size, size) -> (N, classes), classified at the class token in front of the patches."""

    def __init__(self, size, patch, channels, heads, layers, hidden, in_channels, classes):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, channels))
        self.conv_proj = nn.Conv2d(in_channels, channels, patch, stride=patch)
        self.encoder = Encoder((size // patch) ** 2 + 1, channels, heads, layers, hidden)
        self.heads = nn.Sequential()
        self.heads.add_module("head", nn.Linear(channels, classes))
        nn.init.trunc_normal_(self.conv_proj.weight, std=math.sqrt(1 / self.conv_proj.weight[0].numel()))
        for parameter in (self.conv_proj.bias, self.heads.head.weight, self.heads.head.bias):
            nn.init.zeros_(parameter)

    def forward(self, x):
        patches = self.conv_proj(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.class_token.expand(x.shape[0], -1, -1), patches], dim=1)
        return self.heads(self.encoder(tokens)[:, 0])
