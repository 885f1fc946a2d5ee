/* One chunk of an update whose weight or states are not plain fp32, or whose changes are counted. */
#ifndef CKERNELS_UPDATE_BLOCKS_H
#define CKERNELS_UPDATE_BLOCKS_H

#include "kernel_set.h"

/* How an optimizer computes: one of the two. */
typedef struct {
  bool is_adam;
  amp_sgd_settings sgd;
  adam_plan adam;
} update_rule;

static inline void apply_rule(const update_rule *rule, const update_tensors *tensors, amp_update_statistics *result) {
  if (rule->is_adam)
    kernels()->adam_update(&rule->adam, tensors, result);
  else
    kernels()->sgd_update(&rule->sgd, tensors, result);
}

/* result += found. */
void add_update_statistics(amp_update_statistics *result, const amp_update_statistics *found);

/* Updates elements begin..<end of the tensors, begin a multiple of 4: the fp32 kernels run on blocks in scratch on the
   stack, which are then rounded, judged, compared and, unless it is a dry run, written back. */
void update_in_blocks(const update_rule *rule, const amp_update_tensors *tensors, size_t begin, size_t end,
                      amp_update_statistics *result);

#endif
