/* Counts over whole tensors and over samples of them. */
#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  amp_dtype dtype;
  const void *x;
  size_t count;
  uint64_t *bins; /* NULL where only counters are wanted */
  amp_tensor_counters found[max_chunks];
} count_job;

/* result += found. Magnitudes are compared by their bits, which subnormal numbers survive. */
static void add_counters(amp_tensor_counters *result, const amp_tensor_counters *found) {
  result->looked_at += found->looked_at;
  result->zeros += found->zeros;
  result->infinities += found->infinities;
  result->nans += found->nans;
  if (float_bits(found->largest) > float_bits(result->largest))
    result->largest = found->largest;
}

static void run_count(void *context, int index, int count) {
  count_job *job = context;
  const range part = part_of(job->count, index, count, 64);
  const void *const x = element(job->dtype, job->x, part.begin);
  const size_t elements = part.end - part.begin;
  if (job->bins == NULL) {
    kernels()->tensor_count(job->dtype, x, elements, &job->found[index]);
    return;
  }
  uint64_t bins[AMP_EXPONENT_BINS] = {0};
  kernels()->exponent_histogram(job->dtype, x, elements, &job->found[index], bins);
  /* Whole numbers: the order of the members changes nothing. */
  for (int bin = 0; bin < AMP_EXPONENT_BINS; bin++)
    if (bins[bin] > 0)
      __atomic_fetch_add(&job->bins[bin], bins[bin], __ATOMIC_RELAXED);
}

static void count_all(int threads, amp_dtype dtype, const void *x, size_t count, uint64_t *bins,
                      amp_tensor_counters *result) {
  const int chunks = chunk_count(threads, count);
  count_job job;
  job.dtype = dtype, job.x = x, job.count = count, job.bins = bins;
  parallel_chunks(threads, chunks, run_count, &job);
  *result = job.found[0];
  for (int chunk = 1; chunk < chunks; chunk++)
    add_counters(result, &job.found[chunk]);
}

void amp_tensor_count(int threads, amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result) {
  count_all(threads, dtype, x, count, NULL, result);
}

void amp_exponent_histogram(int threads, amp_dtype dtype, const void *x, size_t count, amp_tensor_counters *result,
                            uint64_t bins[AMP_EXPONENT_BINS]) {
  memset(bins, 0, AMP_EXPONENT_BINS * sizeof(uint64_t));
  count_all(threads, dtype, x, count, bins, result);
}

static void count_part(amp_dtype dtype, const void *x, size_t begin, size_t end, amp_tensor_counters *result) {
  amp_tensor_counters found;
  kernels()->tensor_count(dtype, element(dtype, x, begin), end - begin, &found);
  add_counters(result, &found);
}

void amp_tensor_sample(amp_dtype dtype, const void *x, size_t count, size_t blocks, size_t phase,
                       amp_tensor_counters *result) {
  enum { block_elements = 64 };
  *result = (amp_tensor_counters){0};
  if (count / block_elements + (count % block_elements != 0) <= blocks) {
    count_part(dtype, x, 0, count, result);
    return;
  }
  if (blocks == 0)
    return;
  /* The tensor in `blocks` nearly equal parts, none shorter than a block, and a block at the same place of each. */
  const size_t share = count / blocks, extra = count % blocks, shift = phase % count * block_elements % count;
  for (size_t block = 0; block < blocks; block++) {
    const size_t begin = (block * share + (block < extra ? block : extra) + shift) % count;
    const size_t left = count - begin, first = left < block_elements ? left : block_elements;
    count_part(dtype, x, begin, begin + first, result);
    if (first < block_elements)
      count_part(dtype, x, 0, block_elements - first, result);
  }
}
