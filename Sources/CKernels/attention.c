/* The pieces of attention between the products: rows of scores are independent, so they are what is cut. */
#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

typedef struct {
  attention_plan plan;
  const float *scores, *dp, *delta;
  float *logsumexp; /* read only in the backward pass */
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

void amp_attention_softmax(int threads, const float *scores, float scale, bool causal, amp_dtype rounding,
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
                       .scores = scores,
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
