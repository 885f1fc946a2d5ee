/* What `bench --guard` holds the engine against. No part of the engine calls it. */
#ifndef AMP_YARDSTICK_H
#define AMP_YARDSTICK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A perceptron with one hidden layer, relu between, no biases. */
typedef struct {
  size_t batch, inputs, hidden, classes;
  float learning_rate;
  const float *x;        /* (batch, inputs) */
  const int64_t *labels; /* (batch), each in 0..<classes */
  float *first;          /* (hidden, inputs) */
  float *second;         /* (classes, hidden) */
  float *scratch;        /* amp_yardstick_scratch() elements */
} amp_yardstick;

/* Elements of scratch that a step needs. */
size_t amp_yardstick_scratch(const amp_yardstick *step);

/* One step of gradient descent on the mean cross-entropy, in fp32, on the calling thread; returns the loss before it.
   Blocked loops in plain C, for any processor: a fixed measure, never to be made faster. */
float amp_yardstick_step(const amp_yardstick *step);

#ifdef __cplusplus
}
#endif
#endif
