/* Softmax cross-entropy and accuracy: rows are independent, so they are what is cut. */
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  const float *logits;
  const int64_t *labels;
  float *out;
  int64_t *predictions;
  float factor;
  size_t n, classes;
} loss_job;

static void run_row_losses(void *context, int index, int count) {
  const loss_job *job = context;
  const range part = part_of(job->n, index, count, 1);
  kernels()->cross_entropy(job->logits + part.begin * job->classes, job->labels + part.begin, part.end - part.begin,
                           job->classes, job->out + part.begin, 0);
}

/* `sum` plus the row losses, in the order of the rows whatever the number of chunks. */
static double add_row_losses(int threads, int chunks, loss_job job, double sum) {
  parallel_chunks(threads, chunks, run_row_losses, &job);
  for (size_t row = 0; row < job.n; row++)
    sum += (double)job.out[row];
  return sum;
}

/* Without a place for the row losses they go through a block on the stack, long enough to be worth a team. */
static double add_losses_by_blocks(int threads, int chunks, loss_job job) {
  enum { rows_per_block = 16384 };
  float block[rows_per_block];
  double sum = 0;
  for (size_t first = 0; first < job.n; first += rows_per_block) {
    const loss_job part = {.logits = job.logits + first * job.classes,
                           .labels = job.labels + first,
                           .out = block,
                           .n = job.n - first < rows_per_block ? job.n - first : rows_per_block,
                           .classes = job.classes};
    sum = add_row_losses(threads, chunks, part, sum);
  }
  return sum;
}

void amp_cross_entropy(int threads, const float *logits, const int64_t *labels, float *loss, float *row_loss, size_t n,
                       size_t classes) {
  const int chunks = chunk_count(threads, n * classes);
  const loss_job job = {.logits = logits, .labels = labels, .out = row_loss, .n = n, .classes = classes};
  double sum;
  if (chunks == 1)
    sum = kernels()->cross_entropy(logits, labels, n, classes, row_loss, 0);
  else
    sum = row_loss != NULL ? add_row_losses(threads, chunks, job, 0) : add_losses_by_blocks(threads, chunks, job);
  *loss = (float)(sum / (double)n);
}

static void run_gradient(void *context, int index, int count) {
  const loss_job *job = context;
  const range part = part_of(job->n, index, count, 1);
  const size_t first = part.begin * job->classes;
  kernels()->cross_entropy_backward(job->logits + first, job->labels + part.begin, job->factor, job->out + first,
                                    part.end - part.begin, job->classes);
}

void amp_cross_entropy_backward(int threads, const float *logits, const int64_t *labels, float seed, float *dlogits,
                                size_t n, size_t classes) {
  loss_job job = {.logits = logits,
                  .labels = labels,
                  .out = dlogits,
                  .factor = (float)((double)seed / (double)n),
                  .n = n,
                  .classes = classes};
  parallel_chunks(threads, chunk_count(threads, n * classes), run_gradient, &job);
}

static void run_argmax(void *context, int index, int count) {
  const loss_job *job = context;
  const range part = part_of(job->n, index, count, 1);
  kernels()->argmax(job->logits + part.begin * job->classes, job->predictions + part.begin, part.end - part.begin,
                    job->classes);
}

void amp_argmax(int threads, const float *logits, int64_t *predictions, size_t n, size_t classes) {
  loss_job job = {.logits = logits, .predictions = predictions, .n = n, .classes = classes};
  parallel_chunks(threads, chunk_count(threads, n * classes), run_argmax, &job);
}
