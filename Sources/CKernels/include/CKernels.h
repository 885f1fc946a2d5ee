/*
 * CKernels: the engine's own compute kernels.
 *
 * Every kernel exists three times: a readable scalar reference (reference/, the specification), AVX2+FMA+F16C, and
 * AVX-512 F+BW+VL, the last two compiled from the same bodies (x86/). One table is chosen at start from what the
 * processor reports; amp_select_kernels() lets tests choose another. bf16 is rounded in integers everywhere: the
 * AVX512_BF16 instruction takes subnormals for zero.
 *
 * Conventions
 *  - Tensors are dense. Activations of rank 4 have the logical shape (N, C, H, W) and lie in memory as N, H, W, C.
 *  - 16-bit formats are stored as uint16_t payloads. Arithmetic is fp32; a result is rounded once, to nearest, ties to
 *    even, when it is stored. fp16 keeps subnormals; overflow gives infinity; NaN stays NaN (quiet,
 *    sign and leading payload bits kept by conversions).
 *  - `threads` is the size of the calling thread's OpenMP team. Work is cut statically by index, so a result depends on
 *    `threads` and the instruction set, never on timing. Reductions use fixed chunks and a fixed order. Moves,
 *    conversions, relu, sums, products, bias, dropout and the optimizers give the same bits in every kernel set and for
 *    every `threads`; so does what says so.
 *  - `threads` below 1 means 1. Small work runs on the calling thread alone.
 *  - Outputs may not overlap inputs unless a function says so.
 *  - Kernels allocate nothing and take no locks. Scratch is passed in; its size is asked for beforehand.
 */
#ifndef CKERNELS_H
#define CKERNELS_H

#include "amp_attention.h"
#include "amp_convolution.h"
#include "amp_dispatch.h"
#include "amp_elementwise.h"
#include "amp_losses.h"
#include "amp_lstm.h"
#include "amp_memory.h"
#include "amp_normalization.h"
#include "amp_numerics.h"
#include "amp_optimizers.h"
#include "amp_pooling.h"
#include "amp_reductions.h"
#include "amp_yardstick.h"

#endif
