#include "onednn_api.h"

#if DNNL_VERSION_MAJOR >= 3

dnnl_status_t onednn_layout_from_tag(onednn_layout *layout, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                                     dnnl_format_tag_t tag) {
  return dnnl_memory_desc_create_with_tag(&layout->value, rank, dims, type, tag);
}

dnnl_status_t onednn_layout_from_strides(onednn_layout *layout, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                                         const dnnl_dims_t strides) {
  return dnnl_memory_desc_create_with_strides(&layout->value, rank, dims, type, strides);
}

onednn_layout_ref onednn_layout_borrow(const onednn_layout *layout) { return layout->value; }

void onednn_layout_destroy(onednn_layout *layout) {
  if (layout->value)
    dnnl_memory_desc_destroy(layout->value);
  layout->value = NULL;
}

dnnl_status_t onednn_append_relu(dnnl_post_ops_t operations) {
  return dnnl_post_ops_append_eltwise(operations, dnnl_eltwise_relu, 0.0f, 0.0f);
}

dnnl_status_t onednn_append_sum(dnnl_post_ops_t operations) {
  return dnnl_post_ops_append_sum(operations, 1.0f, 0, dnnl_data_type_undef);
}

dnnl_status_t onednn_matmul(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref a, onednn_layout_ref b,
                            onednn_layout_ref bias, onednn_layout_ref c, const_dnnl_primitive_attr_t attributes) {
  return dnnl_matmul_primitive_desc_create(out, engine, a, b, bias, c, attributes);
}

dnnl_status_t onednn_convolution_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref x,
                                         onednn_layout_ref weight, onednn_layout_ref bias, onednn_layout_ref y,
                                         const onednn_window *window, const_dnnl_primitive_attr_t attributes) {
  return dnnl_convolution_forward_primitive_desc_create(out, engine, dnnl_forward_training, dnnl_convolution_direct, x,
                                                        weight, bias, y, window->strides, window->dilates,
                                                        window->padding, window->padding, attributes);
}

dnnl_status_t onednn_convolution_backward_data(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref dx,
                                               onednn_layout_ref weight, onednn_layout_ref dy,
                                               const onednn_window *window, const_dnnl_primitive_desc_t forward,
                                               const_dnnl_primitive_attr_t attributes) {
  return dnnl_convolution_backward_data_primitive_desc_create(out, engine, dnnl_convolution_direct, dx, weight, dy,
                                                              window->strides, window->dilates, window->padding,
                                                              window->padding, forward, attributes);
}

dnnl_status_t onednn_convolution_backward_weights(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref x,
                                                  onednn_layout_ref dweight, onednn_layout_ref dbias,
                                                  onednn_layout_ref dy, const onednn_window *window,
                                                  const_dnnl_primitive_desc_t forward,
                                                  const_dnnl_primitive_attr_t attributes) {
  return dnnl_convolution_backward_weights_primitive_desc_create(out, engine, dnnl_convolution_direct, x, dweight,
                                                                 dbias, dy, window->strides, window->dilates,
                                                                 window->padding, window->padding, forward, attributes);
}

dnnl_status_t onednn_pooling_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
                                     onednn_layout_ref x, onednn_layout_ref y, const onednn_window *window,
                                     const_dnnl_primitive_attr_t attributes) {
  return dnnl_pooling_forward_primitive_desc_create(out, engine, dnnl_forward_training, algorithm, x, y,
                                                    window->strides, window->kernel, window->dilates, window->padding,
                                                    window->padding, attributes);
}

dnnl_status_t onednn_pooling_backward(dnnl_primitive_desc_t *out, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
                                      onednn_layout_ref dx, onednn_layout_ref dy, const onednn_window *window,
                                      const_dnnl_primitive_desc_t forward, const_dnnl_primitive_attr_t attributes) {
  return dnnl_pooling_backward_primitive_desc_create(out, engine, algorithm, dx, dy, window->strides, window->kernel,
                                                     window->dilates, window->padding, window->padding, forward,
                                                     attributes);
}

#else

dnnl_status_t onednn_layout_from_tag(onednn_layout *layout, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                                     dnnl_format_tag_t tag) {
  return dnnl_memory_desc_init_by_tag(&layout->value, rank, dims, type, tag);
}

dnnl_status_t onednn_layout_from_strides(onednn_layout *layout, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                                         const dnnl_dims_t strides) {
  return dnnl_memory_desc_init_by_strides(&layout->value, rank, dims, type, strides);
}

onednn_layout_ref onednn_layout_borrow(const onednn_layout *layout) {
  return layout->value.ndims == 0 ? NULL : &layout->value;
}

void onednn_layout_destroy(onednn_layout *layout) { *layout = (onednn_layout){0}; }

dnnl_status_t onednn_append_relu(dnnl_post_ops_t operations) {
  return dnnl_post_ops_append_eltwise(operations, 1.0f, dnnl_eltwise_relu, 0.0f, 0.0f);
}

dnnl_status_t onednn_append_sum(dnnl_post_ops_t operations) { return dnnl_post_ops_append_sum(operations, 1.0f); }

dnnl_status_t onednn_matmul(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref a, onednn_layout_ref b,
                            onednn_layout_ref bias, onednn_layout_ref c, const_dnnl_primitive_attr_t attributes) {
  dnnl_matmul_desc_t operation;
  dnnl_status_t status = dnnl_matmul_desc_init(&operation, a, b, bias, c);
  if (status != dnnl_success)
    return status;
  return dnnl_primitive_desc_create(out, &operation, attributes, engine, NULL);
}

dnnl_status_t onednn_convolution_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref x,
                                         onednn_layout_ref weight, onednn_layout_ref bias, onednn_layout_ref y,
                                         const onednn_window *window, const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t operation;
  dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &operation, dnnl_forward_training, dnnl_convolution_direct, x, weight, bias, y, window->strides, window->dilates,
      window->padding, window->padding);
  if (status != dnnl_success)
    return status;
  return dnnl_primitive_desc_create(out, &operation, attributes, engine, NULL);
}

dnnl_status_t onednn_convolution_backward_data(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref dx,
                                               onednn_layout_ref weight, onednn_layout_ref dy,
                                               const onednn_window *window, const_dnnl_primitive_desc_t forward,
                                               const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t operation;
  dnnl_status_t status = dnnl_dilated_convolution_backward_data_desc_init(&operation, dnnl_convolution_direct, dx,
                                                                          weight, dy, window->strides, window->dilates,
                                                                          window->padding, window->padding);
  if (status != dnnl_success)
    return status;
  return dnnl_primitive_desc_create(out, &operation, attributes, engine, forward);
}

dnnl_status_t onednn_convolution_backward_weights(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref x,
                                                  onednn_layout_ref dweight, onednn_layout_ref dbias,
                                                  onednn_layout_ref dy, const onednn_window *window,
                                                  const_dnnl_primitive_desc_t forward,
                                                  const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t operation;
  dnnl_status_t status = dnnl_dilated_convolution_backward_weights_desc_init(
      &operation, dnnl_convolution_direct, x, dweight, dbias, dy, window->strides, window->dilates, window->padding,
      window->padding);
  if (status != dnnl_success)
    return status;
  return dnnl_primitive_desc_create(out, &operation, attributes, engine, forward);
}

dnnl_status_t onednn_pooling_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
                                     onednn_layout_ref x, onednn_layout_ref y, const onednn_window *window,
                                     const_dnnl_primitive_attr_t attributes) {
  dnnl_pooling_desc_t operation;
  dnnl_status_t status =
      dnnl_pooling_forward_desc_init(&operation, dnnl_forward_training, algorithm, x, y, window->strides,
                                     window->kernel, window->padding, window->padding);
  if (status != dnnl_success)
    return status;
  return dnnl_primitive_desc_create(out, &operation, attributes, engine, NULL);
}

dnnl_status_t onednn_pooling_backward(dnnl_primitive_desc_t *out, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
                                      onednn_layout_ref dx, onednn_layout_ref dy, const onednn_window *window,
                                      const_dnnl_primitive_desc_t forward, const_dnnl_primitive_attr_t attributes) {
  dnnl_pooling_desc_t operation;
  dnnl_status_t status = dnnl_pooling_backward_desc_init(&operation, algorithm, dx, dy, window->strides, window->kernel,
                                                         window->padding, window->padding);
  if (status != dnnl_success)
    return status;
  return dnnl_primitive_desc_create(out, &operation, attributes, engine, forward);
}

#endif
