/* Updates in blocks: load, compute in fp32, round, store. */
#include "update_blocks.h"

#include "formats.h"

/* Three blocks in fp32 and as stored fit the first-level cache beside the gradient. A multiple of 4 for the draws. */
enum { block_elements = 512, tensors_per_update = 3 };

/* Weight, first state or second state during one block: where it lies (NULL if there is none), its values in fp32, and
   what it will hold. */
typedef struct {
  void *memory;
  float values[block_elements];
  uint32_t stored[block_elements];
} block_tensor;

static void convert(amp_dtype from, const void *src, amp_dtype to, void *dst, size_t count) {
  if (from == to)
    memcpy(dst, src, count * element_size(from));
  else
    kernels()->cast(from, src, to, dst, count);
}

static uint64_t differences_16(const uint16_t *a, const uint16_t *b, size_t count) {
  uint32_t different = 0;
  for (size_t i = 0; i < count; i++)
    different += a[i] != b[i];
  return different;
}

static uint64_t differences_32(const uint32_t *a, const uint32_t *b, size_t count) {
  uint32_t different = 0;
  for (size_t i = 0; i < count; i++)
    different += a[i] != b[i];
  return different;
}

static uint64_t differences(amp_dtype dtype, const void *a, const void *b, size_t count) {
  return dtype == AMP_F32 ? differences_32(a, b, count) : differences_16(a, b, count);
}

/* Counts what is not finite among stored values and returns the largest magnitude of the rest. */
static float judge(amp_dtype dtype, const void *stored, size_t count, uint64_t *non_finite) {
  amp_tensor_counters found;
  kernels()->tensor_count(dtype, stored, count, &found);
  *non_finite += found.infinities + found.nans;
  return found.largest;
}

static void load_block(const amp_update_tensors *tensors, bool has_second_state, size_t first, size_t count,
                       block_tensor block[tensors_per_update]) {
  void *const bases[tensors_per_update] = {tensors->weight, tensors->state[0],
                                           has_second_state ? tensors->state[1] : NULL};
  for (int i = 0; i < tensors_per_update; i++) {
    block[i].memory = bases[i] != NULL ? mutable_element(tensors->storage_dtype, bases[i], first) : NULL;
    if (block[i].memory != NULL)
      convert(tensors->storage_dtype, block[i].memory, AMP_F32, block[i].values, count);
  }
}

static void round_block(const amp_update_tensors *tensors, size_t first, size_t count,
                        block_tensor block[tensors_per_update]) {
  const amp_dtype format = tensors->storage_dtype;
  const random_stream stream = {tensors->seed, tensors->attempt, tensors->stream};
  for (int i = 0; i < tensors_per_update; i++)
    if (i == 0 && format != AMP_F32 && tensors->weight_rounding == AMP_ROUND_STOCHASTIC)
      kernels()->round_stochastically(format, block[i].values, block[i].stored, count, first, &stream);
    else if (block[i].memory != NULL)
      convert(AMP_F32, block[i].values, format, block[i].stored, count);
}

/* Judges the weight and states as they will be stored. */
static void judge_block(amp_dtype format, size_t count, const block_tensor block[tensors_per_update],
                        amp_update_statistics *found) {
  *found = (amp_update_statistics){0};
  found->largest_weight = judge(format, block[0].stored, count, &found->non_finite);
  for (int i = 0; i < 2; i++)
    if (block[1 + i].memory != NULL)
      found->largest_state[i] = judge(format, block[1 + i].stored, count, &found->non_finite);
}

/* One block, from element `first` of the tensors. */
static void update_block(const update_rule *rule, const amp_update_tensors *tensors, size_t first, size_t count,
                         block_tensor block[tensors_per_update], amp_update_statistics *found) {
  const amp_dtype format = tensors->storage_dtype;
  const bool writes = !(rule->is_adam ? rule->adam.dry_run : rule->sgd.dry_run);
  load_block(tensors, rule->is_adam, first, count, block);
  update_rule in_scratch = *rule;
  in_scratch.sgd.dry_run = in_scratch.adam.dry_run = false;
  apply_rule(&in_scratch,
             &(update_tensors){
                 .weight = block[0].values,
                 .gradient_dtype = tensors->gradient_dtype,
                 .gradient = element(tensors->gradient_dtype, tensors->gradient, first),
                 .state = {block[1].values, block[2].values},
                 .count = count,
             },
             found);
  round_block(tensors, first, count, block);
  /* What the fp32 kernel found is right only where nothing was rounded after it. */
  if (format != AMP_F32)
    judge_block(format, count, block, found);

  if (tensors->low_precision_copy != NULL) {
    uint32_t copy[block_elements];
    void *const target = mutable_element(tensors->copy_dtype, tensors->low_precision_copy, first);
    convert(format, block[0].stored, tensors->copy_dtype, copy, count);
    if (tensors->count_changes)
      found->changed_copies = differences(tensors->copy_dtype, target, copy, count);
    if (writes)
      memcpy(target, copy, count * element_size(tensors->copy_dtype));
  }
  if (tensors->count_changes)
    found->changed_weights = differences(format, block[0].memory, block[0].stored, count);
  for (int i = 0; i < tensors_per_update && writes; i++)
    if (block[i].memory != NULL)
      memcpy(block[i].memory, block[i].stored, count * element_size(format));
}

void add_update_statistics(amp_update_statistics *result, const amp_update_statistics *found) {
  result->non_finite += found->non_finite;
  result->changed_weights += found->changed_weights;
  result->changed_copies += found->changed_copies;
  if (found->largest_weight > result->largest_weight)
    result->largest_weight = found->largest_weight;
  for (int i = 0; i < 2; i++)
    if (found->largest_state[i] > result->largest_state[i])
      result->largest_state[i] = found->largest_state[i];
}

void update_in_blocks(const update_rule *rule, const amp_update_tensors *tensors, size_t begin, size_t end,
                      amp_update_statistics *result) {
  *result = (amp_update_statistics){0};
  block_tensor block[tensors_per_update];
  for (size_t first = begin; first < end; first += block_elements) {
    amp_update_statistics found;
    update_block(rule, tensors, first, end - first < block_elements ? end - first : block_elements, block, &found);
    add_update_statistics(result, &found);
  }
}
