/* Softmax cross-entropy and accuracy: rows are independent, so they are what is cut. */
#include <math.h>

#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  const float *logits;
  const int64_t *labels;
  float *out;
  int64_t *predictions;
  float seed;
  size_t n, classes;
} loss_job;

/* logsumexp(row) - row[label] in fp64, from the kernel's fp32 sum. */
static double row_loss_of(const loss_job *job, size_t row) {
  const float *logits = job->logits + row * job->classes;
  const int64_t label = job->labels[row];
  if (label < 0 || (uint64_t)label >= job->classes)
    return NAN;
  float largest;
  const double sum = kernels()->exponential_sum(logits, job->classes, &largest);
  return log(sum) + ((double)largest - (double)logits[label]);
}

static void run_row_losses(void *context, int index, int count) {
  const loss_job *job = context;
  const range part = part_of(job->n, index, count, 1);
  for (size_t row = part.begin; row < part.end; row++)
    job->out[row] = (float)row_loss_of(job, row);
}

static double sum_of(const float *values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += (double)values[i];
  return sum;
}

void amp_cross_entropy(int threads, const float *logits, const int64_t *labels, float *loss, float *row_loss, size_t n,
                       size_t classes) {
  const int chunks = chunk_count(threads, n * classes);
  if (row_loss != NULL) {
    loss_job job = {.logits = logits, .labels = labels, .out = row_loss, .n = n, .classes = classes};
    parallel_chunks(threads, chunks, run_row_losses, &job);
    *loss = (float)(sum_of(row_loss, n) / (double)n);
    return;
  }
  /* Without a place for the row losses they go through a block on the stack. The sum has the same terms and order. */
  enum { rows_per_block = 1024 };
  float block[rows_per_block];
  double sum = 0;
  for (size_t first = 0; first < n; first += rows_per_block) {
    const size_t rows = n - first < rows_per_block ? n - first : rows_per_block;
    loss_job job = {
        .logits = logits + first * classes, .labels = labels + first, .out = block, .n = rows, .classes = classes};
    parallel_chunks(threads, chunk_count(threads, rows * classes), run_row_losses, &job);
    for (size_t row = 0; row < rows; row++)
      sum += (double)block[row];
  }
  *loss = (float)(sum / (double)n);
}

static void run_gradient(void *context, int index, int count) {
  const loss_job *job = context;
  const range part = part_of(job->n, index, count, 1);
  const float per_row = (float)((double)job->seed / (double)job->n);
  for (size_t row = part.begin; row < part.end; row++) {
    const float *logits = job->logits + row * job->classes;
    float *gradient = job->out + row * job->classes;
    const int64_t label = job->labels[row];
    const bool is_valid = label >= 0 && (uint64_t)label < job->classes;
    float largest;
    const float sum = kernels()->exponential_sum(logits, job->classes, &largest);
    kernels()->scaled_exponentials(logits, job->classes, largest, is_valid ? per_row / sum : NAN, gradient);
    if (is_valid)
      gradient[label] -= per_row;
  }
}

void amp_cross_entropy_backward(int threads, const float *logits, const int64_t *labels, float seed, float *dlogits,
                                size_t n, size_t classes) {
  loss_job job = {.logits = logits, .labels = labels, .out = dlogits, .seed = seed, .n = n, .classes = classes};
  parallel_chunks(threads, chunk_count(threads, n * classes), run_gradient, &job);
}

static void run_argmax(void *context, int index, int count) {
  const loss_job *job = context;
  const range part = part_of(job->n, index, count, 1);
  for (size_t row = part.begin; row < part.end; row++)
    job->predictions[row] = kernels()->argmax(job->logits + row * job->classes, job->classes);
}

void amp_argmax(int threads, const float *logits, int64_t *predictions, size_t n, size_t classes) {
  loss_job job = {.logits = logits, .predictions = predictions, .n = n, .classes = classes};
  parallel_chunks(threads, chunk_count(threads, n * classes), run_argmax, &job);
}
