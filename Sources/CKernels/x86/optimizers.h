/* Optimizer steps. Separate multiplications and additions, in the order of the reference: the bits are the same. */

typedef struct {
  vint non_finite;
  vfloat largest[3]; /* weight, first state, second state */
} update_notes;

INLINE update_notes no_notes(void) { return (update_notes){no_counters(), {zeros(), zeros(), zeros()}}; }

INLINE void note(update_notes *notes, int which, vfloat value, size_t n) {
  const vfloat size = magnitude(value);
  const vmask finite = is_less(size, broadcast(__builtin_inff()));
  /* Lanes beyond n hold zeros on loading but may hold anything after a division. */
  notes->non_finite = count_up(notes->non_finite, first_but_not_second(first_lanes(n), finite));
  notes->largest[which] = larger(or_zero(both(first_lanes(n), finite), size), notes->largest[which]);
}

INLINE amp_update_statistics statistics_of(const update_notes *notes) {
  return (amp_update_statistics){
      .non_finite = sum_of_counters(notes->non_finite),
      .largest_weight = largest_lane(notes->largest[0]),
      .largest_state = {largest_lane(notes->largest[1]), largest_lane(notes->largest[2])},
  };
}

/* Where the value is NaN it is the second operand, and survives. */
INLINE vfloat clipped(vfloat gradient, vfloat inverse_scale, vfloat clip_factor, vfloat clip_value) {
  return larger(zeros() - clip_value, smaller(clip_value, gradient * inverse_scale * clip_factor));
}

INLINE void write_weight(const update_tensors *tensors, size_t i, size_t n, vfloat weight) {
  store_f32(tensors->weight + i, n, weight);
  if (tensors->low_precision_copy != NULL)
    store(tensors->copy_dtype, tensors->low_precision_copy, i, n, weight);
}

INLINE void sgd_update_of(amp_dtype gradient_dtype, const amp_sgd_settings *settings, const update_tensors *tensors,
                          amp_update_statistics *result) {
  const vfloat inverse_scale = broadcast(settings->inverse_scale), decay = broadcast(settings->weight_decay);
  const vfloat clip_factor = broadcast(settings->clip_factor), clip_value = broadcast(settings->clip_value);
  const vfloat momentum = broadcast(settings->momentum), lr = broadcast(settings->lr);
  const bool nesterov = settings->nesterov, first_step = settings->first_step, dry_run = settings->dry_run;
  const update_tensors at = *tensors;
  update_notes notes = no_notes();
  FOR_VECTORS(i, n, at.count, {
    const vfloat old = load_f32(at.weight + i, n);
    const vfloat gradient =
        clipped(load(gradient_dtype, at.gradient, i, n), inverse_scale, clip_factor, clip_value) + decay * old;
    const vfloat buffer = first_step ? gradient : momentum * load_f32(at.state[0] + i, n) + gradient;
    const vfloat step = nesterov ? gradient + momentum * buffer : buffer;
    const vfloat weight = old - lr * step;
    note(&notes, 0, weight, n);
    note(&notes, 1, buffer, n);
    if (!dry_run) {
      store_f32(at.state[0] + i, n, buffer);
      write_weight(&at, i, n, weight);
    }
  });
  *result = statistics_of(&notes);
}
static void sgd_update(const amp_sgd_settings *settings, const update_tensors *tensors, amp_update_statistics *result) {
  FOR_DTYPE(tensors->gradient_dtype, format, sgd_update_of(format, settings, tensors, result));
}

INLINE void adam_update_of(amp_dtype gradient_dtype, const adam_plan *plan, const update_tensors *tensors,
                           amp_update_statistics *result) {
  const vfloat inverse_scale = broadcast(plan->inverse_scale), decay = broadcast(plan->decay);
  const vfloat beta1 = broadcast(plan->beta1), one_minus_beta1 = broadcast(plan->one_minus_beta1);
  const vfloat beta2 = broadcast(plan->beta2), one_minus_beta2 = broadcast(plan->one_minus_beta2);
  const vfloat step_size = broadcast(plan->step_size), correction = broadcast(plan->second_correction);
  const vfloat clip_factor = broadcast(plan->clip_factor), clip_value = broadcast(plan->clip_value);
  const vfloat eps = broadcast(plan->eps), l2_decay = broadcast(plan->l2_decay);
  const bool has_l2_decay = plan->l2_decay != 0, dry_run = plan->dry_run;
  const update_tensors at = *tensors;
  update_notes notes = no_notes();
  FOR_VECTORS(i, n, at.count, {
    const vfloat old = load_f32(at.weight + i, n);
    vfloat gradient = clipped(load(gradient_dtype, at.gradient, i, n), inverse_scale, clip_factor, clip_value);
    if (has_l2_decay)
      gradient = gradient + l2_decay * old;
    const vfloat first = beta1 * load_f32(at.state[0] + i, n) + one_minus_beta1 * gradient;
    const vfloat second = beta2 * load_f32(at.state[1] + i, n) + one_minus_beta2 * gradient * gradient;
    const vfloat denominator = square_root(second) / correction + eps;
    const vfloat weight = old * decay - step_size * first / denominator;
    note(&notes, 0, weight, n);
    note(&notes, 1, first, n);
    note(&notes, 2, second, n);
    if (!dry_run) {
      store_f32(at.state[0] + i, n, first);
      store_f32(at.state[1] + i, n, second);
      write_weight(&at, i, n, weight);
    }
  });
  *result = statistics_of(&notes);
}
static void adam_update(const adam_plan *plan, const update_tensors *tensors, amp_update_statistics *result) {
  FOR_DTYPE(tensors->gradient_dtype, format, adam_update_of(format, plan, tensors, result));
}
