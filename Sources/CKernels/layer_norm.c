/* Layer normalisation (Ba, Kiros & Hinton 2016): rows are independent, so they are what is cut; the gradients of weight
 * and bias are summed per chunk and combined in the order of the chunks. */
#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  amp_dtype dtype;
  const void *x;
  const float *weight, *bias;
  float eps;
  void *y;
  float *mean, *rstd;
  size_t rows, columns;
} layer_norm_job;

static void run_forward(void *context, int index, int count) {
  const layer_norm_job *job = context;
  const range part = part_of(job->rows, index, count, 1);
  const size_t at = part.begin * job->columns;
  kernels()->layer_norm(job->dtype, element(job->dtype, job->x, at), job->weight, job->bias, job->eps,
                        mutable_element(job->dtype, job->y, at), job->mean + part.begin, job->rstd + part.begin,
                        part.end - part.begin, job->columns);
}

void amp_layer_norm(int threads, amp_dtype dtype, const void *x, const float *weight, const float *bias, float eps,
                    void *y, float *mean, float *rstd, size_t rows, size_t columns) {
  layer_norm_job job = {dtype, x, weight, bias, eps, y, mean, rstd, rows, columns};
  parallel_chunks(threads, chunk_count(threads, rows * columns), run_forward, &job);
}

typedef struct {
  amp_dtype dtype;
  const void *dy, *x;
  const float *weight, *mean, *rstd;
  void *dx;
  float *partial; /* per chunk four arrays (columns): dweight, dbias, and the block that sums them */
  size_t rows, columns;
} layer_norm_gradient_job;

enum { partials_per_chunk = 4 };

size_t amp_layer_norm_scratch(int threads, size_t rows, size_t columns) {
  return partials_per_chunk * (size_t)chunk_count(threads, rows * columns) * columns * sizeof(float);
}

static void run_backward(void *context, int index, int count) {
  const layer_norm_gradient_job *job = context;
  const range part = part_of(job->rows, index, count, 1);
  const size_t at = part.begin * job->columns;
  float *dweight = job->partial + partials_per_chunk * (size_t)index * job->columns, *dbias = dweight + job->columns;
  kernels()->layer_norm_backward(job->dtype, element(job->dtype, job->dy, at), element(job->dtype, job->x, at),
                                 job->weight, job->mean + part.begin, job->rstd + part.begin,
                                 mutable_element(job->dtype, job->dx, at), dweight, dbias, dbias + job->columns,
                                 part.end - part.begin, job->columns);
}

void amp_layer_norm_backward(int threads, amp_dtype dtype, const void *dy, const void *x, const float *weight,
                             const float *mean, const float *rstd, void *dx, float *dweight, float *dbias, size_t rows,
                             size_t columns, void *scratch) {
  const int chunks = chunk_count(threads, rows * columns);
  layer_norm_gradient_job job = {dtype, dy, x, weight, mean, rstd, dx, scratch, rows, columns};
  parallel_chunks(threads, chunks, run_backward, &job);
  for (size_t column = 0; column < columns; column++) {
    double weights = 0, biases = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
      const float *found = job.partial + partials_per_chunk * (size_t)chunk * columns + column;
      weights += found[0];
      biases += found[columns];
    }
    dweight[column] = (float)weights;
    dbias[column] = (float)biases;
  }
}
