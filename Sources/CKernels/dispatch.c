/* Which kernel set runs. This file must run on any processor: no instruction-set attributes here. */
#include <stdatomic.h>

#include "kernel_set.h"

amp_cpu_features amp_detect_cpu(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return (amp_cpu_features){
      .avx2 = __builtin_cpu_supports("avx2"),
      .fma = __builtin_cpu_supports("fma"),
      .f16c = __builtin_cpu_supports("f16c"),
      .avx512f = __builtin_cpu_supports("avx512f"),
      .avx512bw = __builtin_cpu_supports("avx512bw"),
      .avx512vl = __builtin_cpu_supports("avx512vl"),
      .avx512_bf16 = __builtin_cpu_supports("avx512bf16"),
      .avx512_fp16 = __builtin_cpu_supports("avx512fp16"),
      .amx_bf16 = __builtin_cpu_supports("amx-bf16"),
  };
#else
  return (amp_cpu_features){0};
#endif
}

static bool can_run(amp_isa isa) {
  const amp_cpu_features cpu = amp_detect_cpu();
  const bool avx2 = cpu.avx2 && cpu.fma && cpu.f16c;
  switch (isa) {
  case AMP_ISA_REFERENCE: return true;
  case AMP_ISA_AVX2: return avx2;
  case AMP_ISA_AVX512: return avx2 && cpu.avx512f && cpu.avx512bw && cpu.avx512vl;
  }
  return false;
}

amp_isa amp_best_isa(void) {
  if (can_run(AMP_ISA_AVX512))
    return AMP_ISA_AVX512;
  return can_run(AMP_ISA_AVX2) ? AMP_ISA_AVX2 : AMP_ISA_REFERENCE;
}

static const kernel_set *set_of(amp_isa isa) {
  switch (isa) {
#if defined(__x86_64__)
  case AMP_ISA_AVX2: return &avx2_kernels;
  case AMP_ISA_AVX512: return &avx512_kernels;
#endif
  default: return &reference_kernels;
  }
}

static _Atomic(const kernel_set *) best;

/* What a thread chose for itself, and what the members of a team take over from the thread that started them. */
static _Thread_local const kernel_set *chosen;

/* Threads that meet here for the first time at once all store the same value. */
static const kernel_set *best_kernels(void) {
  const kernel_set *set = atomic_load_explicit(&best, memory_order_acquire);
  if (set == NULL) {
    set = set_of(amp_best_isa());
    atomic_store_explicit(&best, set, memory_order_release);
  }
  return set;
}

const kernel_set *kernels(void) { return chosen != NULL ? chosen : best_kernels(); }

const kernel_set *use_kernels(const kernel_set *set) {
  const kernel_set *before = chosen;
  chosen = set;
  return before;
}

bool amp_select_kernels(amp_isa isa) {
  if (!can_run(isa))
    return false;
  chosen = set_of(isa);
  return true;
}

amp_isa amp_selected_isa(void) { return kernels()->isa; }
