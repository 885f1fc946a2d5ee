/* What every operation shares: the oneDNN objects of one primitive, its buffers, its scratch, and its execution. */
#ifndef CDNNL_PRIMITIVE_H
#define CDNNL_PRIMITIVE_H

#include "error.h"
#include "onednn_api.h"

typedef enum {
  CDNNL_MATMUL,
  CDNNL_BATCHED_MATMUL,
  CDNNL_CONVOLUTION_FORWARD,
  CDNNL_CONVOLUTION_BACKWARD_DATA,
  CDNNL_CONVOLUTION_BACKWARD_WEIGHTS,
  CDNNL_POOLING_FORWARD,
  CDNNL_POOLING_BACKWARD,
} cdnnl_operation;

enum { cdnnl_max_buffers = 4 };

typedef enum { CDNNL_WEIGHTS_READ, CDNNL_WEIGHTS_WRITTEN, CDNNL_WEIGHTS_PACKED_AHEAD } cdnnl_weights_use;

/* A tensor that the caller passes to execute. `memory` is NULL where this primitive has no such tensor. */
typedef struct {
  const char *name;
  dnnl_memory_t memory;
  void *bound; /* the pointer `memory` holds now */
} cdnnl_buffer;

/* A tensor that lives in the caller's scratch for the time of one execution. */
typedef struct {
  dnnl_memory_t memory;
  size_t size, offset;
} cdnnl_scratch_part;

struct cdnnl_primitive {
  cdnnl_operation operation;
  dnnl_stream_t stream;
  dnnl_primitive_desc_t description;

  dnnl_primitive_t compute;
  dnnl_exec_arg_t compute_arguments[cdnnl_max_buffers + 1];
  int compute_argument_count;

  /* Between plain weights and the layout that `compute` wants; NULL where that is the plain one. Before `compute` when
     the weights are read, after it when they are written, and on request alone when they are packed ahead. */
  dnnl_primitive_t reorder;
  dnnl_exec_arg_t reorder_arguments[3];
  int reorder_argument_count;
  cdnnl_weights_use weights_use;
  const cdnnl_buffer *packed; /* the weights, once they have been packed */

  cdnnl_buffer buffers[cdnnl_max_buffers];
  int buffer_count;

  cdnnl_scratch_part weights, compute_scratch, reorder_scratch;
  void *bound_scratch;
  size_t scratch_size, workspace_size;
};

/* Around everything that describes or creates a primitive: one thread at a time. */
void cdnnl_begin_creation(void);
void cdnnl_end_creation(void);

/* The CPU engine of the process, created on first use, from any thread. */
cdnnl_status cdnnl_engine(dnnl_engine_t *out);

/* What happens to a result before it is stored. */
typedef enum {
  CDNNL_STORE_AS_IS,
  CDNNL_STORE_RELU,
  CDNNL_STORE_ADDED /* to what the destination holds */
} cdnnl_epilogue;

/* Attributes with scratch given by the caller. The caller destroys them. */
cdnnl_status cdnnl_attributes(cdnnl_epilogue epilogue, dnnl_primitive_attr_t *out);

/* Makes a primitive without buffers. Takes `description` over, in failure too. */
cdnnl_status cdnnl_primitive_open(cdnnl_operation operation, dnnl_primitive_desc_t description, cdnnl_primitive **out);

/* Declares the next buffer of execute. A NULL layout says that this primitive has no such tensor. */
cdnnl_status cdnnl_primitive_add(cdnnl_primitive *primitive, const char *name, int argument, onednn_layout_ref layout);

/* Declares the next buffer: weights that are `plain` for the caller and `blocked` for the computation. */
cdnnl_status cdnnl_primitive_add_weights(cdnnl_primitive *primitive, const char *name, int argument,
                                         onednn_layout_ref plain, onednn_layout_ref blocked, cdnnl_weights_use use);

/* Lays out the scratch; after the last buffer. */
void cdnnl_primitive_seal(cdnnl_primitive *primitive);

/* Brings weights that are packed ahead, buffer `index`, into the scratch. */
cdnnl_status cdnnl_primitive_pack(cdnnl_primitive *primitive, cdnnl_operation operation, int index, void *weights,
                                  void *scratch);

/* Runs with one pointer per declared buffer, in the order of declaration; NULL for weights that were packed ahead. */
cdnnl_status cdnnl_primitive_run(cdnnl_primitive *primitive, cdnnl_operation operation, void *const pointers[],
                                 void *scratch);

#endif
