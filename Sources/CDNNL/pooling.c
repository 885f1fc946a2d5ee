#include "primitive.h"
#include "shape.h"

#include <inttypes.h>

typedef struct {
  onednn_layout x, y; /* in the backward pass: dx, dy */
  onednn_window window;
  dnnl_alg_kind_t algorithm;
  dnnl_engine_t engine;
  dnnl_primitive_attr_t attributes;
  dnnl_primitive_desc_t forward;
} pooling_parts;

typedef cdnnl_status (*build_pass)(const cdnnl_pooling *shape, pooling_parts *parts, cdnnl_primitive **out);

static cdnnl_status check(const cdnnl_pooling *shape, int64_t *oh, int64_t *ow) {
  if (shape->kind != CDNNL_POOL_MAX && shape->kind != CDNNL_POOL_AVERAGE)
    return cdnnl_fail(CDNNL_FAILED, "kind is %d, which is no pool kind", (int)shape->kind);
  const cdnnl_extent extents[] = {
      {"n", shape->n, 1},
      {"c", shape->c, 1},
      {"h", shape->h, 1},
      {"w", shape->w, 1},
      {"kh", shape->kh, 1},
      {"kw", shape->kw, 1},
      {"stride_h", shape->stride_h, 1},
      {"stride_w", shape->stride_w, 1},
      {"pad_h", shape->pad_h, 0},
      {"pad_w", shape->pad_w, 0},
  };
  CDNNL_RETURN_IF_FAILED(cdnnl_check_extents(extents, sizeof extents / sizeof *extents));
  CDNNL_RETURN_IF_FAILED(cdnnl_check_dtype("dtype", shape->dtype));
  /* With more padding a window may lie wholly outside the picture, where it has no maximum. */
  if (2 * shape->pad_h > shape->kh || 2 * shape->pad_w > shape->kw)
    return cdnnl_fail(CDNNL_FAILED, "padding must be at most half of the kernel");
  CDNNL_RETURN_IF_FAILED(cdnnl_window_count("height", shape->h, shape->kh, shape->stride_h, shape->pad_h, 1, oh));
  CDNNL_RETURN_IF_FAILED(cdnnl_window_count("width", shape->w, shape->kw, shape->stride_w, shape->pad_w, 1, ow));
  return cdnnl_check_size("x", (int64_t[]){shape->n, shape->c, shape->h, shape->w}, 4);
}

/* Everything the passes share, and the description of the forward one. */
static cdnnl_status prepare(const cdnnl_pooling *shape, pooling_parts *parts) {
  int64_t oh, ow;
  CDNNL_RETURN_IF_FAILED(check(shape, &oh, &ow));
  const dnnl_dims_t x_dimensions = {shape->n, shape->c, shape->h, shape->w};
  const dnnl_dims_t y_dimensions = {shape->n, shape->c, oh, ow};
  dnnl_data_type_t type = cdnnl_data_type(shape->dtype);
  CDNNL_RETURN_IF_FAILED(
      cdnnl_check(onednn_layout_from_tag(&parts->x, 4, x_dimensions, type, dnnl_nhwc), "describing x"));
  CDNNL_RETURN_IF_FAILED(
      cdnnl_check(onednn_layout_from_tag(&parts->y, 4, y_dimensions, type, dnnl_nhwc), "describing y"));
  parts->window = (onednn_window){
      .kernel = {shape->kh, shape->kw},
      .strides = {shape->stride_h, shape->stride_w},
      .padding = {shape->pad_h, shape->pad_w},
  };
  parts->algorithm = shape->kind == CDNNL_POOL_MAX ? dnnl_pooling_max : dnnl_pooling_avg_include_padding;

  CDNNL_RETURN_IF_FAILED(cdnnl_engine(&parts->engine));
  CDNNL_RETURN_IF_FAILED(cdnnl_attributes(CDNNL_STORE_AS_IS, &parts->attributes));
  onednn_layout_ref x = onednn_layout_borrow(&parts->x), y = onednn_layout_borrow(&parts->y);
  return cdnnl_check_description(onednn_pooling_forward(&parts->forward, parts->engine, parts->algorithm, x, y,
                                                        &parts->window, parts->attributes));
}

/* Adds the workspace where the operation has one: max pooling, not average. */
static cdnnl_status add_workspace(cdnnl_primitive *primitive) {
  onednn_layout_ref layout = dnnl_primitive_desc_query_md(primitive->description, dnnl_query_workspace_md, 0);
  primitive->workspace_size = layout ? dnnl_memory_desc_get_size(layout) : 0;
  return cdnnl_primitive_add(primitive, "workspace", DNNL_ARG_WORKSPACE,
                             primitive->workspace_size == 0 ? NULL : layout);
}

static cdnnl_status build_forward(const cdnnl_pooling *shape, pooling_parts *parts, cdnnl_primitive **out) {
  CDNNL_RETURN_IF_FAILED(prepare(shape, parts));
  dnnl_primitive_desc_t description = parts->forward;
  parts->forward = NULL;
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_open(CDNNL_POOLING_FORWARD, description, out));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "x", DNNL_ARG_SRC, onednn_layout_borrow(&parts->x)));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "y", DNNL_ARG_DST, onednn_layout_borrow(&parts->y)));
  return add_workspace(*out);
}

static cdnnl_status build_backward(const cdnnl_pooling *shape, pooling_parts *parts, cdnnl_primitive **out) {
  CDNNL_RETURN_IF_FAILED(prepare(shape, parts));
  onednn_layout_ref dx = onednn_layout_borrow(&parts->x), dy = onednn_layout_borrow(&parts->y);
  dnnl_primitive_desc_t description = NULL;
  CDNNL_RETURN_IF_FAILED(cdnnl_check_description(onednn_pooling_backward(
      &description, parts->engine, parts->algorithm, dx, dy, &parts->window, parts->forward, parts->attributes)));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_open(CDNNL_POOLING_BACKWARD, description, out));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "dy", DNNL_ARG_DIFF_DST, dy));
  CDNNL_RETURN_IF_FAILED(add_workspace(*out));
  return cdnnl_primitive_add(*out, "dx", DNNL_ARG_DIFF_SRC, dx);
}

static cdnnl_status create(const char *name, build_pass build, const cdnnl_pooling *shape, cdnnl_primitive **out) {
  if (!shape || !out)
    return cdnnl_fail(CDNNL_FAILED, "%s: the shape or the place for the primitive is NULL", name);
  *out = NULL;
  pooling_parts parts = {0};
  cdnnl_primitive *primitive = NULL;
  cdnnl_begin_creation();
  cdnnl_status status = build(shape, &parts, &primitive);
  cdnnl_end_creation();
  if (parts.forward)
    dnnl_primitive_desc_destroy(parts.forward);
  if (parts.attributes)
    dnnl_primitive_attr_destroy(parts.attributes);
  onednn_layout_destroy(&parts.x);
  onednn_layout_destroy(&parts.y);
  if (status != CDNNL_OK) {
    cdnnl_destroy(primitive);
    cdnnl_add_context("%s x (%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 ") kernel (%" PRId64 ", %" PRId64 ") %s",
                      name, shape->n, shape->c, shape->h, shape->w, shape->kh, shape->kw,
                      cdnnl_dtype_name(shape->dtype));
    return status;
  }
  cdnnl_primitive_seal(primitive);
  *out = primitive;
  return CDNNL_OK;
}

cdnnl_status cdnnl_pooling_forward_create(const cdnnl_pooling *shape, cdnnl_primitive **out) {
  return create("pooling forward", build_forward, shape, out);
}

cdnnl_status cdnnl_pooling_backward_create(const cdnnl_pooling *shape, cdnnl_primitive **out) {
  return create("pooling backward", build_backward, shape, out);
}

cdnnl_status cdnnl_pooling_forward_execute(cdnnl_primitive *primitive, const void *x, void *y, void *workspace,
                                           void *scratch) {
  void *const pointers[cdnnl_max_buffers] = {(void *)x, y, workspace};
  cdnnl_status status = cdnnl_primitive_run(primitive, CDNNL_POOLING_FORWARD, pointers, scratch);
  if (status != CDNNL_OK)
    cdnnl_add_context("pooling forward");
  return status;
}

cdnnl_status cdnnl_pooling_backward_execute(cdnnl_primitive *primitive, const void *dy, const void *workspace, void *dx,
                                            void *scratch) {
  void *const pointers[cdnnl_max_buffers] = {(void *)dy, (void *)workspace, dx};
  cdnnl_status status = cdnnl_primitive_run(primitive, CDNNL_POOLING_BACKWARD, pointers, scratch);
  if (status != CDNNL_OK)
    cdnnl_add_context("pooling backward");
  return status;
}
