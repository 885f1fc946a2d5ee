/* What one product of matrices and a batch of them share: the oneDNN objects between describing the operands and having
   the primitive. */
#ifndef CDNNL_PRODUCT_H
#define CDNNL_PRODUCT_H

#include "primitive.h"

/* Layouts of the operands, bias empty where there is none; packed_b, where B is packed ahead, says that the layout is
   oneDNN's choice. */
typedef struct {
  onednn_layout a, b, packed_b, bias, c;
} product_layouts;

/* Describes the operands of one shape. */
typedef cdnnl_status (*describe_product)(const void *shape, product_layouts *layouts);

/* Makes the primitive of an operation whose operands `describe` lays out. Its buffers are A, B, bias, C. On failure
   nothing is left, and *out is NULL. */
cdnnl_status cdnnl_product_create(cdnnl_operation operation, cdnnl_epilogue epilogue, const void *shape,
                                  describe_product describe, cdnnl_primitive **out);

#endif
