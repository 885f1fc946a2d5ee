/* The pieces of attention between the products: rows of scores are independent, so they are what is cut. */
#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  attention_plan plan;
  const float *dp, *delta;
  float *scores, *logsumexp; /* read only in the backward pass */
  void *p, *ds;
  bool causal;
  size_t heads, queries, keys;
} attention_job;

/* How many keys a row of scores attends to. */
static size_t visible_keys(const attention_job *job, size_t row) {
  const size_t query = row % job->queries;
  return job->causal && query + 1 < job->keys ? query + 1 : job->keys;
}

static void run_softmax(void *context, int index, int count) {
  const attention_job *job = context;
  const range part = part_of(job->heads * job->queries, index, count, 1);
  for (size_t row = part.begin; row < part.end; row++)
    job->logsumexp[row] = kernels()->attention_softmax(job->scores + row * job->keys, &job->plan,
                                                       mutable_element(job->plan.stored, job->p, row * job->keys),
                                                       visible_keys(job, row), job->keys);
}

void amp_attention_softmax(int threads, float *scores, float scale, bool causal, amp_dtype rounding,
                           amp_dtype p_dtype, void *p, float *logsumexp, size_t heads, size_t queries, size_t keys) {
  attention_job job = {.plan = {scale, rounding, p_dtype},
                       .scores = scores,
                       .logsumexp = logsumexp,
                       .p = p,
                       .causal = causal,
                       .heads = heads,
                       .queries = queries,
                       .keys = keys};
  parallel_chunks(threads, chunk_count(threads, heads * queries * keys), run_softmax, &job);
}

static void run_softmax_backward(void *context, int index, int count) {
  const attention_job *job = context;
  const range part = part_of(job->heads * job->queries, index, count, 1);
  for (size_t row = part.begin; row < part.end; row++) {
    const size_t at = row * job->keys;
    kernels()->attention_softmax_backward(job->scores + at, job->logsumexp[row], job->dp + at, job->delta[row],
                                          &job->plan, mutable_element(job->plan.stored, job->p, at),
                                          mutable_element(job->plan.stored, job->ds, at), visible_keys(job, row),
                                          job->keys);
  }
}

void amp_attention_softmax_backward(int threads, const float *scores, const float *logsumexp, const float *dp,
                                    const float *delta, float scale, bool causal, amp_dtype rounding,
                                    amp_dtype p_dtype, void *p, void *ds, size_t heads, size_t queries, size_t keys) {
  attention_job job = {.plan = {scale, rounding, p_dtype},
                       .scores = (float *)scores,
                       .dp = dp,
                       .delta = delta,
                       .logsumexp = (float *)logsumexp,
                       .p = p,
                       .ds = ds,
                       .causal = causal,
                       .heads = heads,
                       .queries = queries,
                       .keys = keys};
  parallel_chunks(threads, chunk_count(threads, heads * queries * keys), run_softmax_backward, &job);
}

typedef struct {
  amp_dtype dtype;
  const void *d_o, *o;
  float *delta;
  size_t rows, heads, head_size;
} delta_job;

static void run_delta(void *context, int index, int count) {
  const delta_job *job = context;
  const range part = part_of(job->rows, index, count, 1);
  for (size_t row = part.begin; row < part.end; row++)
    for (size_t head = 0; head < job->heads; head++) {
      const size_t at = (row * job->heads + head) * job->head_size;
      job->delta[head * job->rows + row] = kernels()->dot_product(
          job->dtype, element(job->dtype, job->d_o, at), element(job->dtype, job->o, at), job->head_size);
    }
}

void amp_attention_delta(int threads, amp_dtype dtype, const void *d_o, const void *o, float *delta, size_t rows,
                         size_t heads, size_t head_size) {
  delta_job job = {dtype, d_o, o, delta, rows, heads, head_size};
  parallel_chunks(threads, chunk_count(threads, rows * heads * head_size), run_delta, &job);
}

typedef struct {
  amp_dtype from, to;
  const void *src;
  void *dst;
  const amp_heads *layout;
  size_t first, count;
  bool gathers;
} heads_job;

/* A row of a head is a few vectors: calling memcpy for each would take longer than the move. */
static void copy_row(void *dst, const void *src, size_t bytes) {
  enum { step = 32 };
  size_t at = 0;
  for (; at + step <= bytes; at += step)
    memcpy((char *)dst + at, (const char *)src + at, step);
  if (at < bytes)
    memcpy((char *)dst + at, (const char *)src + at, bytes - at);
}

static void run_heads(void *context, int index, int count) {
  const heads_job *job = context;
  const amp_heads *layout = job->layout;
  const size_t size = layout->head_size;
  const range part = part_of(job->count, index, count, 1);
  for (size_t at = part.begin; at < part.end; at++) {
    const size_t head = job->first + at, sample = head / layout->heads;
    const size_t column = head % layout->heads * size;
    for (size_t row = 0; row < layout->length; row++) {
      const size_t packed = (sample * layout->length + row) * layout->row_stride + column;
      const size_t dense = (at * layout->length + row) * size;
      const void *src = element(job->from, job->src, job->gathers ? packed : dense);
      void *dst = mutable_element(job->to, job->dst, job->gathers ? dense : packed);
      if (job->from == job->to)
        copy_row(dst, src, size * element_size(job->from));
      else
        kernels()->cast(job->from, src, job->to, dst, size);
    }
  }
}

static void move_heads(int threads, const heads_job *job) {
  const size_t elements = job->count * job->layout->length * job->layout->head_size;
  parallel_chunks(threads, chunk_count(threads, elements), run_heads, (void *)job);
}

void amp_gather_heads(int threads, amp_dtype from, const void *src, const amp_heads *layout, amp_dtype to, void *dst,
                      size_t first, size_t count) {
  const heads_job job = {from, to, src, dst, layout, first, count, true};
  move_heads(threads, &job);
}

void amp_scatter_heads(int threads, amp_dtype from, const void *src, amp_dtype to, void *dst, const amp_heads *layout,
                       size_t first, size_t count) {
  const heads_job job = {from, to, src, dst, layout, first, count, false};
  move_heads(threads, &job);
}
