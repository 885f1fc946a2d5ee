/* The kernel set for AVX2, FMA and F16C. */
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
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#include "vector_avx2.h"

#include "kernels.h"

#pragma clang attribute pop

const kernel_set avx2_kernels = KERNEL_SET(AMP_ISA_AVX2);

#endif
