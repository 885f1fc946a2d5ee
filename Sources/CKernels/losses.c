/* Losses that are means over pairs: one pass, cut by elements; partial sums in fp64, combined in the order of the
 * chunks. */
#include "kernel_set.h"
#include "parallel.h"

/* Chunks begin at cache lines. */
enum { pairs_per_granule = 16 };

typedef double loss_kernel(const float *x, const float *targets, size_t count);
typedef void loss_gradient_kernel(const float *x, const float *targets, float factor, float *dx, size_t count);

typedef struct {
  loss_kernel *kernel;
  const float *x, *targets;
  size_t count;
  double sums[max_chunks];
} pair_loss_job;

static void run_loss(void *context, int index, int count) {
  pair_loss_job *job = context;
  const range part = part_of(job->count, index, count, pairs_per_granule);
  job->sums[index] = job->kernel(job->x + part.begin, job->targets + part.begin, part.end - part.begin);
}

static void mean_loss(int threads, loss_kernel *kernel, const float *x, const float *targets, float *loss,
                      size_t count) {
  const int chunks = chunk_count(threads, count);
  pair_loss_job job;
  job.kernel = kernel, job.x = x, job.targets = targets, job.count = count;
  parallel_chunks(threads, chunks, run_loss, &job);
  double sum = 0;
  for (int chunk = 0; chunk < chunks; chunk++)
    sum += job.sums[chunk];
  *loss = (float)(sum / (double)count);
}

typedef struct {
  loss_gradient_kernel *kernel;
  const float *x, *targets;
  float factor;
  float *dx;
  size_t count;
} pair_gradient_job;

static void run_gradient(void *context, int index, int count) {
  const pair_gradient_job *job = context;
  const range part = part_of(job->count, index, count, pairs_per_granule);
  job->kernel(job->x + part.begin, job->targets + part.begin, job->factor, job->dx + part.begin,
              part.end - part.begin);
}

/* seed: what a loss of 1 per pair would weigh. */
static void mean_gradient(int threads, loss_gradient_kernel *kernel, const float *x, const float *targets, double seed,
                          float *dx, size_t count) {
  pair_gradient_job job = {kernel, x, targets, (float)(seed / (double)count), dx, count};
  parallel_chunks(threads, chunk_count(threads, count), run_gradient, &job);
}

void amp_bce_with_logits(int threads, const float *logits, const float *targets, float *loss, size_t count) {
  mean_loss(threads, kernels()->bce_with_logits, logits, targets, loss, count);
}

void amp_bce_with_logits_backward(int threads, const float *logits, const float *targets, float seed, float *dlogits,
                                  size_t count) {
  mean_gradient(threads, kernels()->bce_with_logits_backward, logits, targets, seed, dlogits, count);
}

void amp_bce(int threads, const float *probabilities, const float *targets, float *loss, size_t count) {
  mean_loss(threads, kernels()->bce, probabilities, targets, loss, count);
}

void amp_bce_backward(int threads, const float *probabilities, const float *targets, float seed, float *dprobabilities,
                      size_t count) {
  mean_gradient(threads, kernels()->bce_backward, probabilities, targets, seed, dprobabilities, count);
}

void amp_mse(int threads, const float *predictions, const float *targets, float *loss, size_t count) {
  mean_loss(threads, kernels()->mse, predictions, targets, loss, count);
}

void amp_mse_backward(int threads, const float *predictions, const float *targets, float seed, float *dpredictions,
                      size_t count) {
  mean_gradient(threads, kernels()->mse_backward, predictions, targets, 2 * (double)seed, dpredictions, count);
}
