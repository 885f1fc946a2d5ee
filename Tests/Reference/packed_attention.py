"""Self-attention of packed queries, keys and values, as both transformers use it."""

from torch.nn import functional


def packed_attention(qkv, heads, is_causal):
    """Self-attention of packed (N, T, 3 * C): q, k and v one after the other, each `heads` heads wide. (N, T, C)."""
    q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in qkv.split(qkv.shape[-1] // 3, dim=-1))
    return functional.scaled_dot_product_attention(q, k, v, is_causal=is_causal).transpose(1, 2).flatten(2)
