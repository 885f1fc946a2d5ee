/* Moves of rows, by stride and by index. No arithmetic but the sums of the scattered gradients, so only the size of an
 * element matters and one version serves all processors. */
#include <math.h>

#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

/* Chunks of bytes begin at cache lines, and are as large as chunks of fp32 elements. */
enum { bytes_per_granule = 64 };

static int byte_chunks(int threads, size_t bytes) { return chunk_count(threads, bytes / sizeof(float)); }

typedef struct {
  const char *src;
  char *dst;
  size_t src_stride, dst_stride, rows, row_bytes;
} copy_job;

static void run_copy(void *context, int index, int count) {
  const copy_job *job = context;
  const range part = part_of(job->rows * job->row_bytes, index, count, bytes_per_granule);
  size_t left = part.end - part.begin;
  if (left == 0)
    return;
  size_t row = part.begin / job->row_bytes, offset = part.begin % job->row_bytes;
  for (; left > 0; row++, offset = 0) {
    const size_t rest = job->row_bytes - offset, bytes = rest < left ? rest : left;
    memcpy(job->dst + row * job->dst_stride + offset, job->src + row * job->src_stride + offset, bytes);
    left -= bytes;
  }
}

void amp_copy_rows(int threads, const void *src, size_t src_stride, void *dst, size_t dst_stride, size_t rows,
                   size_t row_bytes) {
  copy_job job = {src, dst, src_stride, dst_stride, rows, row_bytes};
  if (src_stride == row_bytes && dst_stride == row_bytes) /* one piece on either side */
    job.rows = 1, job.row_bytes = rows * row_bytes;
  parallel_chunks(threads, byte_chunks(threads, rows * row_bytes), run_copy, &job);
}

typedef struct {
  char *dst;
  size_t bytes;
} fill_job;

static void run_fill(void *context, int index, int count) {
  const fill_job *job = context;
  const range part = part_of(job->bytes, index, count, bytes_per_granule);
  if (part.end > part.begin)
    memset(job->dst + part.begin, 0, part.end - part.begin);
}

void amp_fill_zero(int threads, void *dst, size_t bytes) {
  fill_job job = {dst, bytes};
  parallel_chunks(threads, byte_chunks(threads, bytes), run_fill, &job);
}

/* ---- by index ---- */

/* A negative index is a huge one. */
static bool is_inside(int64_t index, size_t rows) { return (uint64_t)index < rows; }

typedef struct {
  amp_dtype dtype;
  const void *x;
  const int64_t *indices;
  void *y;
  size_t batch, rows, picks, columns;
} gather_job;

static void run_gather(void *context, int index, int count) {
  const gather_job *job = context;
  const range part = part_of(job->batch * job->picks, index, count, 1);
  for (size_t pick = part.begin; pick < part.end; pick++) {
    const int64_t row = job->indices[pick];
    void *to = mutable_element(job->dtype, job->y, pick * job->columns);
    if (is_inside(row, job->rows)) {
      const size_t from = (pick / job->picks * job->rows + (size_t)row) * job->columns;
      memcpy(to, element(job->dtype, job->x, from), job->columns * element_size(job->dtype));
    } else {
      for (size_t column = 0; column < job->columns; column++)
        store_element(job->dtype, to, column, NAN);
    }
  }
}

void amp_gather_rows(int threads, amp_dtype dtype, const void *x, const int64_t *indices, void *y, size_t batch,
                     size_t rows, size_t picks, size_t columns) {
  gather_job job = {dtype, x, indices, y, batch, rows, picks, columns};
  parallel_chunks(threads, chunk_count(threads, batch * picks * columns), run_gather, &job);
}

/* The columns of one batch entry are summed by one thread, in the order of the picks. Where there are fewer entries
   than threads, an entry is cut into bands of columns. */
typedef struct {
  amp_dtype dtype;
  const void *dy;
  const int64_t *indices;
  void *dx;
  float *sums; /* per chunk (rows, band); not used in fp32, where dx itself takes the sums */
  size_t batch, rows, picks, columns, bands, band;
} scatter_job;

enum { columns_per_granule = 16 };

static int scatter_chunks(int threads, const scatter_job *job) {
  return chunk_count(threads, job->batch * (job->rows + job->picks) * job->columns);
}

static void cut_into_bands(scatter_job *job, int threads) {
  const size_t chunks = (size_t)scatter_chunks(threads, job);
  job->bands = job->batch > 0 && job->batch < chunks ? (chunks + job->batch - 1) / job->batch : 1;
  const range widest = part_of(job->columns, 0, (int)job->bands, columns_per_granule);
  job->band = widest.end;
}

size_t amp_scatter_add_rows_scratch(int threads, amp_dtype dtype, size_t batch, size_t rows, size_t picks,
                                    size_t columns) {
  scatter_job job = {.batch = batch, .rows = rows, .picks = picks, .columns = columns};
  cut_into_bands(&job, threads);
  return dtype == AMP_F32 ? 0 : (size_t)scatter_chunks(threads, &job) * rows * job.band * sizeof(float);
}

/* Sums columns begin..<end of one batch entry, whose rows lie `stride` apart in sums. */
static void scatter(const scatter_job *job, size_t entry, range columns, float *sums, size_t stride) {
  const size_t width = columns.end - columns.begin;
  for (size_t row = 0; row < job->rows; row++)
    memset(sums + row * stride, 0, width * sizeof(float));
  for (size_t pick = entry * job->picks; pick < (entry + 1) * job->picks; pick++) {
    const int64_t row = job->indices[pick];
    if (is_inside(row, job->rows))
      kernels()->accumulate(job->dtype, element(job->dtype, job->dy, pick * job->columns + columns.begin),
                            sums + (size_t)row * stride, width, false);
  }
}

static void run_scatter(void *context, int index, int count) {
  const scatter_job *job = context;
  const range part = part_of(job->batch * job->bands, index, count, 1);
  for (size_t at = part.begin; at < part.end; at++) {
    const size_t entry = at / job->bands, first = entry * job->rows * job->columns;
    const range columns = part_of(job->columns, (int)(at % job->bands), (int)job->bands, columns_per_granule);
    if (columns.begin == columns.end)
      continue;
    if (job->dtype == AMP_F32) {
      scatter(job, entry, columns, (float *)job->dx + first + columns.begin, job->columns);
      continue;
    }
    float *sums = job->sums + (size_t)index * job->rows * job->band;
    scatter(job, entry, columns, sums, job->band);
    for (size_t row = 0; row < job->rows; row++)
      kernels()->cast(AMP_F32, sums + row * job->band, job->dtype,
                      mutable_element(job->dtype, job->dx, first + row * job->columns + columns.begin),
                      columns.end - columns.begin);
  }
}

void amp_scatter_add_rows(int threads, amp_dtype dtype, const void *dy, const int64_t *indices, void *dx, size_t batch,
                          size_t rows, size_t picks, size_t columns, void *scratch) {
  scatter_job job = {.dtype = dtype,
                     .dy = dy,
                     .indices = indices,
                     .dx = dx,
                     .sums = scratch,
                     .batch = batch,
                     .rows = rows,
                     .picks = picks,
                     .columns = columns};
  cut_into_bands(&job, threads);
  parallel_chunks(threads, scatter_chunks(threads, &job), run_scatter, &job);
}
