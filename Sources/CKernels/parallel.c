/* The thread team. The compiler that SwiftPM brings has no OpenMP runtime of its own, so the entry points that gcc
 * compiles `#pragma omp parallel` into are called directly: the team is then the one oneDNN runs on. */
#include "parallel.h"

#include "kernel_set.h"

void GOMP_parallel(void (*function)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_max_threads(void);
void omp_set_num_threads(int threads);

typedef struct {
  void (*body)(void *context, int index, int count);
  void *context;
  int count;
  const kernel_set *set; /* of the thread that started the work */
} team_job;

/* The runtime may give a smaller team than asked for (OMP_THREAD_LIMIT, OMP_DYNAMIC, a nested region): every index
   still runs once, and what it computes does not depend on who runs it. */
static void run_member(void *data) {
  const team_job *job = data;
  const int members = omp_get_num_threads();
  const kernel_set *before = use_kernels(job->set);
  for (int index = omp_get_thread_num(); index < job->count; index += members)
    job->body(job->context, index, job->count);
  use_kernels(before);
}

void parallel_chunks(int threads, int chunks, void (*body)(void *context, int index, int count), void *context) {
  if (chunks <= 1) {
    body(context, 0, 1);
    return;
  }
  team_job job = {body, context, chunks, kernels()};
  GOMP_parallel(run_member, &job, (unsigned)threads, 0);
}

void amp_parallel(int threads, void (*body)(void *context, int index, int count), void *context) {
  parallel_chunks(threads, threads, body, context);
}

int amp_team_size(void) { return omp_get_max_threads(); }

void amp_set_team_size(int threads) { omp_set_num_threads(threads > 0 ? threads : 1); }
