/* Filters as the matrix that takes a whole picture to all of its outputs, and back. Moving is no arithmetic, so only the
 * size of an element matters and one version serves all processors; sums are of few terms, which wait for memory. */
#include <stdint.h>
#include <string.h>

#include "formats.h"
#include "parallel.h"

typedef struct filter_job {
  void (*of_output)(const struct filter_job *job, size_t output);
  const void *src;
  void *dst;
  amp_filter_matrix shape;
  size_t outputs, channels;
} filter_job;

/* Elements from a row of the matrix to that of the same output at the next place. */
static size_t place_stride(const filter_job *job) { return job->outputs * job->shape.pixels * job->channels; }

/* A tap that several places use is gathered once, and copied from where it came first. */
#define DEFINE_FILTERS(bits, type)                                                                                     \
  static void gather_##bits(const filter_job *job, size_t output) {                                                    \
    const amp_filter_matrix *shape = &job->shape;                                                                      \
    const size_t channels = job->channels, taps = shape->taps;                                                         \
    const type *filter = (const type *)job->src + output * channels * taps;                                            \
    type *rows = (type *)job->dst + output * shape->pixels * channels;                                                 \
    const type *first[amp_filter_matrix_size] = {NULL};                                                                \
    for (size_t place = 0; place < shape->places; place++)                                                             \
      for (size_t pixel = 0; pixel < shape->pixels; pixel++) {                                                         \
        type *to = rows + place * place_stride(job) + pixel * channels;                                                \
        const int tap = shape->tap[place * shape->pixels + pixel];                                                     \
        if (tap < 0) {                                                                                                 \
          memset(to, 0, channels * sizeof(type));                                                                      \
        } else if (first[tap] != NULL) {                                                                               \
          memcpy(to, first[tap], channels * sizeof(type));                                                             \
        } else {                                                                                                       \
          for (size_t channel = 0; channel < channels; channel++)                                                      \
            to[channel] = filter[channel * taps + (size_t)tap];                                                        \
          first[tap] = to;                                                                                             \
        }                                                                                                              \
      }                                                                                                                \
  }                                                                                                                    \
  static void scatter_##bits(const filter_job *job, size_t output) {                                                   \
    const amp_filter_matrix *shape = &job->shape;                                                                      \
    const size_t channels = job->channels, taps = shape->taps;                                                         \
    const type *row = (const type *)job->src + output * shape->pixels * channels;                                      \
    type *filter = (type *)job->dst + output * channels * taps;                                                        \
    memset(filter, 0, channels * taps * sizeof(type));                                                                 \
    for (size_t pixel = 0; pixel < shape->pixels; pixel++)                                                             \
      for (size_t channel = 0; shape->tap[pixel] >= 0 && channel < channels; channel++)                                \
        filter[channel * taps + (size_t)shape->tap[pixel]] = row[pixel * channels + channel];                          \
  }
DEFINE_FILTERS(16_bits, uint16_t)
DEFINE_FILTERS(32_bits, uint32_t)

/* What a tap gave at several places is summed where it came first, in the order of the places, then moved once. */
static void sum_taps(const filter_job *job, size_t output) {
  const amp_filter_matrix *shape = &job->shape;
  const size_t channels = job->channels, taps = shape->taps;
  float *rows = (float *)job->src + output * shape->pixels * channels;
  float *filter = (float *)job->dst + output * channels * taps;
  float *first[amp_filter_matrix_size] = {NULL};
  for (size_t place = 0; place < shape->places; place++)
    for (size_t pixel = 0; pixel < shape->pixels; pixel++) {
      float *from = rows + place * place_stride(job) + pixel * channels;
      const int tap = shape->tap[place * shape->pixels + pixel];
      if (tap < 0)
        continue;
      if (first[tap] == NULL)
        first[tap] = from;
      else
        for (size_t channel = 0; channel < channels; channel++)
          first[tap][channel] += from[channel];
    }
  for (size_t tap = 0; tap < taps; tap++)
    for (size_t channel = 0; channel < channels; channel++)
      filter[channel * taps + tap] = first[tap] == NULL ? 0 : first[tap][channel];
}

static void run_outputs(void *context, int index, int count) {
  const filter_job *job = context;
  const range outputs = part_of(job->outputs, index, count, 1);
  for (size_t output = outputs.begin; output < outputs.end; output++)
    job->of_output(job, output);
}

static void run(int threads, filter_job job) {
  parallel_chunks(threads, chunk_count(threads, job.outputs * job.channels * job.shape.taps), run_outputs, &job);
}

void amp_filters_to_matrix(int threads, amp_dtype dtype, const void *filters, const amp_filter_matrix *shape,
                           size_t outputs, size_t channels, void *matrix) {
  run(threads, (filter_job){element_size(dtype) == 2 ? gather_16_bits : gather_32_bits, filters, matrix, *shape, outputs,
                            channels});
}

void amp_matrix_to_filters(int threads, amp_dtype dtype, const void *matrix, const amp_filter_matrix *shape,
                           size_t outputs, size_t channels, void *filters) {
  run(threads, (filter_job){element_size(dtype) == 2 ? scatter_16_bits : scatter_32_bits, matrix, filters, *shape,
                            outputs, channels});
}

void amp_matrix_sums_to_filters(int threads, float *matrix, const amp_filter_matrix *shape, size_t outputs,
                                size_t channels, float *filters) {
  run(threads, (filter_job){sum_taps, matrix, filters, *shape, outputs, channels});
}
