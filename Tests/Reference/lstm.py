"""PyTorch twin of the recurrent language model."""

from torch import nn


class LSTMLanguageModel(nn.Module):
    """Tokens (N, T) int64 -> logits (N, T, vocabulary). Every batch starts from a zero state.

    Parameters are named "embedding.weight", "lstm.weight_ih_l0", ..., "head.bias".
    """

    def __init__(self, vocabulary, embedding, hidden, layers):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, hidden, layers, batch_first=True)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, tokens):
        return self.head(self.lstm(self.embedding(tokens))[0])
