"""PyTorch twin of neural collaborative filtering.

Source: He et al. 2017, "Neural Collaborative Filtering", NeuMF.
"""

import itertools

import torch
from torch import nn


class NeuMF(nn.Module):
    """Pairs (N, 2) int64 of user and item -> (N, 1), a logit or a rating.

    The generalised matrix factorisation multiplies two embeddings of width `gmf`; the perceptron takes two others, each
    half of `mlp`[0] wide, through layers of the other widths of `mlp`. Embeddings start as N(0, 0.01), as in the paper.
    """

    def __init__(self, users, items, gmf, mlp):
        super().__init__()
        self.user_gmf = nn.Embedding(users, gmf)
        self.item_gmf = nn.Embedding(items, gmf)
        self.user_mlp = nn.Embedding(users, mlp[0] // 2)
        self.item_mlp = nn.Embedding(items, mlp[0] // 2)
        layers = []
        for inputs, outputs in itertools.pairwise(mlp):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.mlp = nn.Sequential(*layers)
        self.head = nn.Linear(gmf + mlp[-1], 1)
        for embedding in (self.user_gmf, self.item_gmf, self.user_mlp, self.item_mlp):
            nn.init.normal_(embedding.weight, std=0.01)

    def forward(self, pairs):
        user, item = pairs[:, 0], pairs[:, 1]
        product = self.user_gmf(user) * self.item_gmf(item)
        deep = self.mlp(torch.cat([self.user_mlp(user), self.item_mlp(item)], dim=1))
        return self.head(torch.cat([product, deep], dim=1))
