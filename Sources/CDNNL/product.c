#include "product.h"

static cdnnl_status open(cdnnl_operation operation, const product_layouts *layouts, dnnl_primitive_attr_t attributes,
                         cdnnl_primitive **out) {
  dnnl_engine_t engine;
  CDNNL_RETURN_IF_FAILED(cdnnl_engine(&engine));
  onednn_layout_ref a = onednn_layout_borrow(&layouts->a), b = onednn_layout_borrow(&layouts->b);
  onednn_layout_ref bias = onednn_layout_borrow(&layouts->bias), c = onednn_layout_borrow(&layouts->c);
  onednn_layout_ref packed = onednn_layout_borrow(&layouts->packed_b);
  dnnl_primitive_desc_t description = NULL;
  CDNNL_RETURN_IF_FAILED(
      cdnnl_check_description(onednn_matmul(&description, engine, a, packed ? packed : b, bias, c, attributes)));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_open(operation, description, out));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "a", DNNL_ARG_SRC, a));
  if (packed) {
    onednn_layout_ref chosen = dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
    CDNNL_RETURN_IF_FAILED(
        cdnnl_primitive_add_weights(*out, "b", DNNL_ARG_WEIGHTS, b, chosen, CDNNL_WEIGHTS_PACKED_AHEAD));
  } else {
    CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "b", DNNL_ARG_WEIGHTS, b));
  }
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "bias", DNNL_ARG_BIAS, bias));
  CDNNL_RETURN_IF_FAILED(cdnnl_primitive_add(*out, "c", DNNL_ARG_DST, c));
  cdnnl_primitive_seal(*out);
  return CDNNL_OK;
}

cdnnl_status cdnnl_product_create(cdnnl_operation operation, cdnnl_epilogue epilogue, const void *shape,
                                  describe_product describe, cdnnl_primitive **out) {
  *out = NULL;
  product_layouts layouts = {0};
  dnnl_primitive_attr_t attributes = NULL;
  cdnnl_primitive *primitive = NULL;
  cdnnl_begin_creation();
  cdnnl_status status = describe(shape, &layouts);
  if (status == CDNNL_OK)
    status = cdnnl_attributes(epilogue, &attributes);
  if (status == CDNNL_OK)
    status = open(operation, &layouts, attributes, &primitive);
  cdnnl_end_creation();
  if (attributes)
    dnnl_primitive_attr_destroy(attributes);
  onednn_layout_destroy(&layouts.a);
  onednn_layout_destroy(&layouts.b);
  onednn_layout_destroy(&layouts.packed_b);
  onednn_layout_destroy(&layouts.bias);
  onednn_layout_destroy(&layouts.c);
  if (status == CDNNL_OK)
    *out = primitive;
  else
    cdnnl_destroy(primitive);
  return status;
}
