/* Formats, the choice of a kernel set, and the thread team. */
#ifndef AMP_DISPATCH_H
#define AMP_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { AMP_F32 = 0, AMP_F16 = 1, AMP_BF16 = 2 } amp_dtype;

typedef enum { AMP_ISA_REFERENCE = 0, AMP_ISA_AVX2 = 1, AMP_ISA_AVX512 = 2 } amp_isa;

typedef struct {
  bool avx2, fma, f16c, avx512f, avx512bw, avx512vl, avx512_bf16, avx512_fp16, amx_bf16;
} amp_cpu_features;

/* What the processor and the operating system offer. */
amp_cpu_features amp_detect_cpu(void);

/* Best kernel set this processor can run. */
amp_isa amp_best_isa(void);

/* Makes kernels called from this thread use that set from now on, on every member of its team; false, and no change, if
   the processor cannot run it. Without a call the best set is used. */
bool amp_select_kernels(amp_isa isa);

/* The set in use on this thread. */
amp_isa amp_selected_isa(void);

/* ---- threads ------------------------------------------------------------------------------------------------ */

/* Runs body(context, index, count) once for every index in 0..<count, count = max(threads, 1), on the calling thread's
   libgomp team (GOMP_parallel), the same team that oneDNN uses when called from this thread. Index i runs on member i;
   where the runtime grants a smaller team, as in a nested call, a member runs several. Returns when all are done. */
void amp_parallel(int threads, void (*body)(void *context, int index, int count), void *context);

/* The team size that oneDNN will use on the calling thread (omp_get_max_threads), and how to set it. */
int amp_team_size(void);
void amp_set_team_size(int threads);

/* Binds the calling thread's team to processors: cut into equal parts, one a member, where there are at least as many
   processors as threads; else every member may run on all of them.
   0, or an errno value: EINVAL where no processor is given or one does not exist, ENOTSUP outside Linux. */
int amp_bind_team(int threads, const int *processors, int count);

/* Sets the nice value of every thread of the team (per Linux thread). 0, or an errno value: EACCES or EPERM where that
   raises the priority without the right to, ENOTSUP outside Linux. */
int amp_nice_team(int threads, int nice_value);

/* Sets flush-to-zero and denormals-are-zero on every thread of the team, or clears them. */
void amp_flush_denormals(int threads, bool enable);

#ifdef __cplusplus
}
#endif
#endif
