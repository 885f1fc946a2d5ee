/* The kernel set for AVX-512 F, BW and VL. */
#if defined(__x86_64__)

/* Headers without kernels come first: what they declare must not carry the attribute. */
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "../formats.h"
#include "../kernel_set.h"
#include "../philox.h"
#include "../pool_windows.h"
#include "../upsample_axis.h"

/* No fused multiply-add but where a kernel asks for one: results then agree with the reference. */
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl"))), apply_to = function)

#include "vector_avx512.h"

#include "kernels.h"

#pragma clang attribute pop

const kernel_set avx512_kernels = KERNEL_SET(AMP_ISA_AVX512);

#endif
