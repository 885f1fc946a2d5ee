/*
 * Every difference between oneDNN's API v2 and v3 that this target meets: memory descriptors (values in v2, handles in
 * v3), the creation of primitive descriptors (through an operation descriptor in v2, direct in v3) and the signature of
 * the element-wise post-operation. The other files read the same for both.
 */
#ifndef ONEDNN_API_H
#define ONEDNN_API_H

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>

#if DNNL_VERSION_MAJOR < 2
#error "CDNNL needs oneDNN 2.0 or newer"
#endif

/* A borrowed memory descriptor, as oneDNN's functions take and return it. NULL means "no such tensor". */
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t onednn_layout_ref;
#else
typedef const dnnl_memory_desc_t *onednn_layout_ref;
#endif

/* An owned memory descriptor. Zero-initialised it is "no such tensor". */
typedef struct {
  dnnl_memory_desc_t value;
} onednn_layout;

dnnl_status_t onednn_layout_from_tag(onednn_layout *layout, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                                     dnnl_format_tag_t tag);
dnnl_status_t onednn_layout_from_strides(onednn_layout *layout, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                                         const dnnl_dims_t strides);
onednn_layout_ref onednn_layout_borrow(const onednn_layout *layout);
void onednn_layout_destroy(onednn_layout *layout);

dnnl_status_t onednn_append_relu(dnnl_post_ops_t operations);
/* The result is added to what the destination holds. */
dnnl_status_t onednn_append_sum(dnnl_post_ops_t operations);

/* How a window moves over a picture: (height, width) each. `dilates` counts the skipped elements, 0 for a dense kernel;
   `kernel` is read by pooling only. */
typedef struct {
  dnnl_dims_t kernel, strides, dilates, padding;
} onednn_window;

dnnl_status_t onednn_matmul(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref a, onednn_layout_ref b,
                            onednn_layout_ref bias, onednn_layout_ref c, const_dnnl_primitive_attr_t attributes);

dnnl_status_t onednn_convolution_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref x,
                                         onednn_layout_ref weight, onednn_layout_ref bias, onednn_layout_ref y,
                                         const onednn_window *window, const_dnnl_primitive_attr_t attributes);

dnnl_status_t onednn_convolution_backward_data(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref dx,
                                               onednn_layout_ref weight, onednn_layout_ref dy,
                                               const onednn_window *window, const_dnnl_primitive_desc_t forward,
                                               const_dnnl_primitive_attr_t attributes);

dnnl_status_t onednn_convolution_backward_weights(dnnl_primitive_desc_t *out, dnnl_engine_t engine, onednn_layout_ref x,
                                                  onednn_layout_ref dweight, onednn_layout_ref dbias,
                                                  onednn_layout_ref dy, const onednn_window *window,
                                                  const_dnnl_primitive_desc_t forward,
                                                  const_dnnl_primitive_attr_t attributes);

dnnl_status_t onednn_pooling_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
                                     onednn_layout_ref x, onednn_layout_ref y, const onednn_window *window,
                                     const_dnnl_primitive_attr_t attributes);

dnnl_status_t onednn_pooling_backward(dnnl_primitive_desc_t *out, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
                                      onednn_layout_ref dx, onednn_layout_ref dy, const onednn_window *window,
                                      const_dnnl_primitive_desc_t forward, const_dnnl_primitive_attr_t attributes);

#endif
