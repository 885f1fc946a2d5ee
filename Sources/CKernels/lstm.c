/* Steps of an LSTM: samples are independent, so they are what is cut. */
#include "formats.h"
#include "kernel_set.h"
#include "parallel.h"

enum { gates_per_cell = 4 };

typedef struct {
  amp_dtype dtype;
  const amp_lstm_shape *shape;
  lstm_sample first;
} lstm_job;

typedef struct {
  amp_dtype dtype;
  const amp_lstm_shape *shape;
  lstm_gradient_sample first;
} lstm_gradient_job;

static const void *sample_of(amp_dtype dtype, const void *base, size_t index) {
  return base != NULL ? element(dtype, base, index) : NULL;
}

static void run_cell(void *context, int index, int count) {
  const lstm_job *job = context;
  const amp_lstm_shape *shape = job->shape;
  const lstm_sample *first = &job->first;
  const amp_dtype dtype = job->dtype;
  const range part = part_of(shape->n, index, count, 1);
  for (size_t at = part.begin; at < part.end; at++) {
    const lstm_sample sample = {
        .input_gates = element(dtype, first->input_gates, at * shape->input_gates_stride),
        .recurrent_sums = sample_of(AMP_F32, first->recurrent_sums, at * gates_per_cell * shape->hidden),
        .recurrent_bias = first->recurrent_bias,
        .c_prev = sample_of(dtype, first->c_prev, at * shape->cells_stride),
        .gates = mutable_element(dtype, first->gates, at * shape->gates_stride),
        .c = mutable_element(dtype, first->c, at * shape->cells_stride),
        .y = mutable_element(dtype, first->y, at * shape->y_stride),
    };
    kernels()->lstm_cell(dtype, &sample, shape->hidden);
  }
}

void amp_lstm_cell(int threads, amp_dtype dtype, const void *input_gates, const float *recurrent_sums,
                   const void *recurrent_bias, const void *c_prev, void *gates, void *c, void *y,
                   const amp_lstm_shape *shape) {
  lstm_job job = {dtype, shape, {input_gates, recurrent_sums, recurrent_bias, c_prev, gates, c, y}};
  parallel_chunks(threads, chunk_count(threads, gates_per_cell * shape->n * shape->hidden), run_cell, &job);
}

static void run_cell_backward(void *context, int index, int count) {
  const lstm_gradient_job *job = context;
  const amp_lstm_shape *shape = job->shape;
  const lstm_gradient_sample *first = &job->first;
  const amp_dtype dtype = job->dtype;
  const range part = part_of(shape->n, index, count, 1);
  for (size_t at = part.begin; at < part.end; at++) {
    const lstm_gradient_sample sample = {
        .dy = sample_of(dtype, first->dy, at * shape->y_stride),
        .dh_recurrent = sample_of(dtype, first->dh_recurrent, at * shape->hidden),
        .gates = element(dtype, first->gates, at * shape->gates_stride),
        .c_prev = sample_of(dtype, first->c_prev, at * shape->cells_stride),
        .c = element(dtype, first->c, at * shape->cells_stride),
        .dc = mutable_element(dtype, first->dc, at * shape->hidden),
        .dgates = mutable_element(dtype, first->dgates, at * shape->gates_stride),
        .first = first->first,
    };
    kernels()->lstm_cell_backward(dtype, &sample, shape->hidden);
  }
}

void amp_lstm_cell_backward(int threads, amp_dtype dtype, const void *dy, const void *dh_recurrent, void *dc,
                            bool first, const void *gates, const void *c_prev, const void *c, void *dgates,
                            const amp_lstm_shape *shape) {
  lstm_gradient_job job = {dtype, shape, {dy, dh_recurrent, gates, c_prev, c, dc, dgates, first}};
  parallel_chunks(threads, chunk_count(threads, gates_per_cell * shape->n * shape->hidden), run_cell_backward, &job);
}
