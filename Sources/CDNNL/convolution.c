#include "primitive.h"
#include "shape.h"

#include <inttypes.h>

/* The tensors of a convolution as a pass sees them: for a backward pass x, weight, bias or y stand for its gradient. */
typedef struct {
  onednn_layout x, any_weight, plain_weight, bias, y;
  onednn_window window;
  dnnl_engine_t engine;
  dnnl_primitive_attr_t attributes;
  /* The forward pass that belongs to a backward one, all of it in the input dtype. */
  onednn_layout hint_x, hint_weight, hint_y;
  dnnl_primitive_desc_t hint;
} convolution_parts;

typedef cdnnl_status (*build_pass)(const cdnnl_convolution *shape, convolution_parts *parts, cdnnl_primitive **out);

static cdnnl_status check(const cdnnl_convolution *shape, int64_t *oh, int64_t *ow) {
  const cdnnl_extent extents[] = {
      {"n", shape->n, 1},
      {"c", shape->c, 1},
      {"h", shape->h, 1},
      {"w", shape->w, 1},
      {"o", shape->o, 1},
      {"kh", shape->kh, 1},
      {"kw", shape->kw, 1},
      {"stride_h", shape->stride_h, 1},
      {"stride_w", shape->stride_w, 1},
      {"pad_h", shape->pad_h, 0},
      {"pad_w", shape->pad_w, 0},
      {"dilation_h", shape->dilation_h, 1},
      {"dilation_w", shape->dilation_w, 1},
  };
  CDNNL_RETURN_IF_FAILED(cdnnl_check_extents(extents, sizeof extents / sizeof *extents));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_dtype("input_dtype", shape->input_dtype));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_dtype("output_dtype", shape->output_dtype));
  if (shape->has_bias)
    CDNNL_RETURN_IF_FAILED(cdnnl_check_dtype("bias_dtype", shape->bias_dtype));
  CDNNL_RETURN_IF_FAILED(
      cdnnl_window_count("height", shape->h, shape->kh, shape->stride_h, shape->pad_h, shape->dilation_h, oh));
  CDNNL_RETURN_IF_FAILED(
      cdnnl_window_count("width", shape->w, shape->kw, shape->stride_w, shape->pad_w, shape->dilation_w, ow));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_size("x", (int64_t[]){shape->n, shape->c, shape->h, shape->w}, 4));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_size("weight", (int64_t[]){shape->o, shape->c, shape->kh, shape->kw}, 4));
  return cdnnl_check_size("y", (int64_t[]){shape->n, shape->o, *oh, *ow}, 4);
}

static cdnnl_status describe(onednn_layout *layout, int rank, const dnnl_dims_t dimensions, cdnnl_dtype dtype,
                             dnnl_format_tag_t tag) {
  return cdnnl_check(onednn_layout_from_tag(layout, rank, dimensions, cdnnl_data_type(dtype), tag),
                     "describing a tensor");
}

/* Fills in everything that the passes share, with the dtypes that this pass gives x, weight and y. */
static cdnnl_status prepare(const cdnnl_convolution *shape, cdnnl_dtype x, cdnnl_dtype weight, cdnnl_dtype y,
                            convolution_parts *parts) {
  int64_t oh, ow;
  CDNNL_RETURN_IF_FAILED(check(shape, &oh, &ow));
  const dnnl_dims_t x_dimensions = {shape->n, shape->c, shape->h, shape->w};
  const dnnl_dims_t weight_dimensions = {shape->o, shape->c, shape->kh, shape->kw};
  const dnnl_dims_t y_dimensions = {shape->n, shape->o, oh, ow}, bias_dimensions = {shape->o};
  CDNNL_RETURN_IF_FAILED(describe(&parts->x, 4, x_dimensions, x, dnnl_nhwc));
  CDNNL_RETURN_IF_FAILED(describe(&parts->any_weight, 4, weight_dimensions, weight, dnnl_format_tag_any));
  CDNNL_RETURN_IF_FAILED(describe(&parts->plain_weight, 4, weight_dimensions, weight, dnnl_oihw));
  CDNNL_RETURN_IF_FAILED(describe(&parts->y, 4, y_dimensions, y, dnnl_nhwc));
  if (shape->has_bias)
    CDNNL_RETURN_IF_FAILED(describe(&parts->bias, 1, bias_dimensions, shape->bias_dtype, dnnl_x));

  cdnnl_dtype input = shape->input_dtype;
  CDNNL_RETURN_IF_FAILED(describe(&parts->hint_x, 4, x_dimensions, input, dnnl_nhwc));
  CDNNL_RETURN_IF_FAILED(describe(&parts->hint_weight, 4, weight_dimensions, input, dnnl_format_tag_any));
  CDNNL_RETURN_IF_FAILED(describe(&parts->hint_y, 4, y_dimensions, input, dnnl_nhwc));

  parts->window = (onednn_window){
      .strides = {shape->stride_h, shape->stride_w},
      .dilates = {shape->dilation_h - 1, shape->dilation_w - 1},
      .padding = {shape->pad_h, shape->pad_w},
  };
  CDNNL_RETURN_IF_FAILED(cdnnl_engine(&parts->engine));
  return cdnnl_attributes(CDNNL_STORE_AS_IS, &parts->attributes);
}

/* Describes the forward pass that oneDNN wants to know of when it describes a backward one. */
static cdnnl_status describe_hint(convolution_parts *parts) {
  onednn_layout_ref x = onednn_layout_borrow(&parts->hint_x), y = onednn_layout_borrow(&parts->hint_y);
  onednn_layout_ref weight = onednn_layout_borrow(&parts->hint_weight);
  return cdnnl_check_description(
      onednn_convolution_forward(&parts->hint, parts->engine, x, weight, NULL, y, &parts->window, parts->attributes));
}

static cdnnl_status build_forward(const cdnnl_convolution *shape, convolution_parts *parts, cdnnl_primitive **out) {
  CDNNL_RETURN_IF_FAILED(prepare(shape, shape->input_dtype, shape->input_dtype, shape->output_dtype, parts));
  onednn_layout_ref x = onednn_layout_borrow(&parts->x), y = onednn_layout_borrow(&parts->y);
  onednn_layout_ref any = onednn_layout_borrow(&parts->any_weight), plain = onednn_layout_borrow(&parts->plain_weight);
  onednn_layout_ref bias = onednn_layout_borrow(&parts->bias);

  dnnl_primitive_desc_t description = NULL;
  CDNNL_RETURN_IF_FAILED(cdnnl_check_description(
      onednn_convolution_forward(&description, parts->engine, x, any, bias, y, &parts->window, parts->attributes)));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_open(CDNNL_CONVOLUTION_FORWARD, description, out));
  onednn_layout_ref blocked = dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "x", DNNL_ARG_SRC, x));
  CDNNL_RETURN_IF_FAILED(
      cdnnl_primitive_add_weights(*out, "weight", DNNL_ARG_WEIGHTS, plain, blocked, CDNNL_WEIGHTS_READ));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "bias", DNNL_ARG_BIAS, bias));
  return cdnnl_primitive_add(*out, "y", DNNL_ARG_DST, y);
}

static cdnnl_status build_backward_data(const cdnnl_convolution *shape, convolution_parts *parts,
                                        cdnnl_primitive **out) {
  CDNNL_RETURN_IF_FAILED(prepare(shape, shape->output_dtype, shape->input_dtype, shape->input_dtype, parts));
  CDNNL_RETURN_IF_FAILED(describe_hint(parts));
  onednn_layout_ref dx = onednn_layout_borrow(&parts->x), dy = onednn_layout_borrow(&parts->y);
  onednn_layout_ref any = onednn_layout_borrow(&parts->any_weight), plain = onednn_layout_borrow(&parts->plain_weight);

  dnnl_primitive_desc_t description = NULL;
  CDNNL_RETURN_IF_FAILED(cdnnl_check_description(onednn_convolution_backward_data(
      &description, parts->engine, dx, any, dy, &parts->window, parts->hint, parts->attributes)));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_open(CDNNL_CONVOLUTION_BACKWARD_DATA, description, out));
  onednn_layout_ref blocked = dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "dy", DNNL_ARG_DIFF_DST, dy));
  CDNNL_RETURN_IF_FAILED(
      cdnnl_primitive_add_weights(*out, "weight", DNNL_ARG_WEIGHTS, plain, blocked, CDNNL_WEIGHTS_READ));
  return cdnnl_primitive_add(*out, "dx", DNNL_ARG_DIFF_SRC, dx);
}

static cdnnl_status build_backward_weights(const cdnnl_convolution *shape, convolution_parts *parts,
                                           cdnnl_primitive **out) {
  CDNNL_RETURN_IF_FAILED(prepare(shape, shape->input_dtype, shape->output_dtype, shape->input_dtype, parts));
  CDNNL_RETURN_IF_FAILED(describe_hint(parts));
  onednn_layout_ref x = onednn_layout_borrow(&parts->x), dy = onednn_layout_borrow(&parts->y);
  onednn_layout_ref any = onednn_layout_borrow(&parts->any_weight), plain = onednn_layout_borrow(&parts->plain_weight);
  onednn_layout_ref dbias = onednn_layout_borrow(&parts->bias);

  dnnl_primitive_desc_t description = NULL;
  CDNNL_RETURN_IF_FAILED(cdnnl_check_description(onednn_convolution_backward_weights(
      &description, parts->engine, x, any, dbias, dy, &parts->window, parts->hint, parts->attributes)));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_open(CDNNL_CONVOLUTION_BACKWARD_WEIGHTS, description, out));
  onednn_layout_ref blocked = dnnl_primitive_desc_query_md(description, dnnl_query_diff_weights_md, 0);
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "x", DNNL_ARG_SRC, x));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "dy", DNNL_ARG_DIFF_DST, dy));
  CDNNL_RETURN_IF_FAILED(
      cdnnl_primitive_add_weights(*out, "dweight", DNNL_ARG_DIFF_WEIGHTS, plain, blocked, CDNNL_WEIGHTS_WRITTEN));
  return cdnnl_primitive_add(*out, "dbias", DNNL_ARG_DIFF_BIAS, dbias);
}

static cdnnl_status create(const char *name, build_pass build, const cdnnl_convolution *shape, cdnnl_primitive **out) {
  if (!shape || !out)
    return cdnnl_fail(CDNNL_FAILED, "%s: the shape or the place for the primitive is NULL", name);
  *out = NULL;
  convolution_parts parts = {0};
  cdnnl_primitive *primitive = NULL;
  cdnnl_begin_creation();
  cdnnl_status status = build(shape, &parts, &primitive);
  cdnnl_end_creation();
  if (parts.hint)
    dnnl_primitive_desc_destroy(parts.hint);
  if (parts.attributes)
    dnnl_primitive_attr_destroy(parts.attributes);
  onednn_layout *layouts[] = {&parts.x, &parts.any_weight, &parts.plain_weight, &parts.bias,
                              &parts.y, &parts.hint_x,     &parts.hint_weight,  &parts.hint_y};
  for (size_t index = 0; index < sizeof layouts / sizeof *layouts; index++)
    onednn_layout_destroy(layouts[index]);
  if (status != CDNNL_OK) {
    cdnnl_destroy(primitive);
    cdnnl_add_context("%s x (%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 ") weight (%" PRId64 ", %" PRId64
                      ", %" PRId64 ", %" PRId64 ") %s -> %s",
                      name, shape->n, shape->c, shape->h, shape->w, shape->o, shape->c, shape->kh, shape->kw,
                      cdnnl_dtype_name(shape->input_dtype), cdnnl_dtype_name(shape->output_dtype));
    return status;
  }
  cdnnl_primitive_seal(primitive);
  *out = primitive;
  return CDNNL_OK;
}

cdnnl_status cdnnl_convolution_forward_create(const cdnnl_convolution *shape, cdnnl_primitive **out) {
  return create("convolution forward", build_forward, shape, out);
}

cdnnl_status cdnnl_convolution_backward_data_create(const cdnnl_convolution *shape, cdnnl_primitive **out) {
  return create("convolution backward_data", build_backward_data, shape, out);
}

cdnnl_status cdnnl_convolution_backward_weights_create(const cdnnl_convolution *shape, cdnnl_primitive **out) {
  return create("convolution backward_weights", build_backward_weights, shape, out);
}

cdnnl_status cdnnl_convolution_forward_execute(cdnnl_primitive *primitive, const void *x, const void *weight,
                                               const void *bias, void *y, void *scratch) {
  void *const pointers[cdnnl_max_buffers] = {(void *)x, (void *)weight, (void *)bias, y};
  cdnnl_status status = cdnnl_primitive_run(primitive, CDNNL_CONVOLUTION_FORWARD, pointers, scratch);
  if (status != CDNNL_OK)
    cdnnl_add_context("convolution forward");
  return status;
}

cdnnl_status cdnnl_convolution_backward_data_execute(cdnnl_primitive *primitive, const void *dy, const void *weight,
                                                     void *dx, void *scratch) {
  void *const pointers[cdnnl_max_buffers] = {(void *)dy, (void *)weight, dx};
  cdnnl_status status = cdnnl_primitive_run(primitive, CDNNL_CONVOLUTION_BACKWARD_DATA, pointers, scratch);
  if (status != CDNNL_OK)
    cdnnl_add_context("convolution backward_data");
  return status;
}

cdnnl_status cdnnl_convolution_backward_weights_execute(cdnnl_primitive *primitive, const void *x, const void *dy,
                                                        void *dweight, void *dbias, void *scratch) {
  void *const pointers[cdnnl_max_buffers] = {(void *)x, (void *)dy, dweight, dbias};
  cdnnl_status status = cdnnl_primitive_run(primitive, CDNNL_CONVOLUTION_BACKWARD_WEIGHTS, pointers, scratch);
  if (status != CDNNL_OK)
    cdnnl_add_context("convolution backward_weights");
  return status;
}
