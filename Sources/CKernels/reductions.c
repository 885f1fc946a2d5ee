/* Sums over rows and over whole gradients: partial results per chunk, combined in the order of the chunks. */
#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  amp_dtype dtype;
  const void *x;
  float *scratch; /* per chunk: totals (columns), block sums (columns) */
  size_t rows, columns;
} column_job;

size_t amp_column_sum_scratch(int threads, size_t rows, size_t columns) {
  return 2 * (size_t)chunk_count(threads, rows * columns) * columns * sizeof(float);
}

static void run_column_sum(void *context, int index, int count) {
  const column_job *job = context;
  const range part = part_of(job->rows, index, count, 1);
  float *total = job->scratch + 2 * (size_t)index * job->columns;
  kernels()->column_sum(job->dtype, element(job->dtype, job->x, part.begin * job->columns), part.end - part.begin,
                        job->columns, total, total + job->columns);
}

void amp_column_sum(int threads, amp_dtype dtype, const void *x, amp_dtype out_dtype, void *out, size_t rows,
                    size_t columns, void *scratch) {
  const int chunks = chunk_count(threads, rows * columns);
  column_job job = {dtype, x, scratch, rows, columns};
  parallel_chunks(threads, chunks, run_column_sum, &job);
  for (size_t column = 0; column < columns; column++) {
    float sum = job.scratch[column];
    for (int chunk = 1; chunk < chunks; chunk++)
      sum += job.scratch[2 * (size_t)chunk * columns + column];
    store_element(out_dtype, out, column, sum);
  }
}

typedef struct {
  amp_dtype dtype;
  const void *gradient;
  size_t count;
  float inverse_scale;
  amp_gradient_statistics found[max_chunks];
} scan_job;

static void run_scan(void *context, int index, int count) {
  scan_job *job = context;
  const range part = part_of(job->count, index, count, 64);
  kernels()->gradient_scan(job->dtype, element(job->dtype, job->gradient, part.begin), part.end - part.begin,
                           job->inverse_scale, &job->found[index]);
}

void amp_gradient_scan(int threads, amp_dtype dtype, const void *gradient, size_t count, float inverse_scale,
                       amp_gradient_statistics *result) {
  const int chunks = chunk_count(threads, count);
  scan_job job;
  job.dtype = dtype, job.gradient = gradient, job.count = count, job.inverse_scale = inverse_scale;
  parallel_chunks(threads, chunks, run_scan, &job);
  *result = job.found[0];
  for (int chunk = 1; chunk < chunks; chunk++) {
    const amp_gradient_statistics *found = &job.found[chunk];
    result->sum_of_squares += found->sum_of_squares;
    result->non_finite += found->non_finite;
    result->zeros += found->zeros;
    result->infinities += found->infinities;
    result->nans += found->nans;
    if (found->largest > result->largest)
      result->largest = found->largest;
  }
}
