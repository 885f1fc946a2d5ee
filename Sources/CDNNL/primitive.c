#include "primitive.h"

#include <pthread.h>
#include <stdlib.h>

enum { scratch_alignment = 64 };

static pthread_once_t engine_once = PTHREAD_ONCE_INIT;
static dnnl_engine_t engine;
static dnnl_status_t engine_status;

static void create_engine(void) { engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0); }

cdnnl_status cdnnl_engine(dnnl_engine_t *out) {
  pthread_once(&engine_once, create_engine);
  *out = engine;
  return cdnnl_check(engine_status, "creating the CPU engine");
}

/* oneDNN 2.6 keeps settings of the convolution it is choosing in static variables (brg_blocking_t), so that describing
   an fp32 and a bf16 convolution at once on two threads gives one of them the other's block size: it then computes
   wrong results without any error. Executing at the same time is safe. */
static pthread_mutex_t creation = PTHREAD_MUTEX_INITIALIZER;

void cdnnl_begin_creation(void) { pthread_mutex_lock(&creation); }

void cdnnl_end_creation(void) { pthread_mutex_unlock(&creation); }

cdnnl_status cdnnl_attributes(cdnnl_epilogue epilogue, dnnl_primitive_attr_t *out) {
  CDNNL_RETURN_IF_FAILED(cdnnl_check(dnnl_primitive_attr_create(out), "creating attributes"));
  CDNNL_RETURN_IF_FAILED(
      cdnnl_check(dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user), "asking for user scratch"));
  if (epilogue == CDNNL_STORE_AS_IS)
    return CDNNL_OK;

  dnnl_post_ops_t operations = NULL;
  CDNNL_RETURN_IF_FAILED(cdnnl_check(dnnl_post_ops_create(&operations), "creating post-operations"));
  cdnnl_status status = epilogue == CDNNL_STORE_RELU ? cdnnl_check(onednn_append_relu(operations), "appending relu")
                                                     : cdnnl_check(onednn_append_sum(operations), "appending a sum");
  if (status == CDNNL_OK)
    status = cdnnl_check(dnnl_primitive_attr_set_post_ops(*out, operations), "setting post-operations");
  dnnl_post_ops_destroy(operations);
  return status;
}

static size_t aligned(size_t size) { return (size + scratch_alignment - 1) / scratch_alignment * scratch_alignment; }

static cdnnl_status create_memory(dnnl_memory_t *out, onednn_layout_ref layout) {
  dnnl_engine_t cpu;
  CDNNL_RETURN_IF_FAILED(cdnnl_engine(&cpu));
  return cdnnl_check(dnnl_memory_create(out, layout, cpu, DNNL_MEMORY_NONE), "creating a memory object");
}

/* Gives `part` the scratch that `description` asks for; leaves it empty where it asks for none. */
static cdnnl_status create_scratch(cdnnl_scratch_part *part, dnnl_primitive_desc_t description,
                                   dnnl_exec_arg_t *arguments, int *count) {
  onednn_layout_ref layout = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
  part->size = layout ? dnnl_memory_desc_get_size(layout) : 0;
  if (part->size == 0)
    return CDNNL_OK;
  CDNNL_RETURN_IF_FAILED(create_memory(&part->memory, layout));
  arguments[(*count)++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, part->memory};
  return CDNNL_OK;
}

cdnnl_status cdnnl_primitive_open(cdnnl_operation operation, dnnl_primitive_desc_t description, cdnnl_primitive **out) {
  cdnnl_primitive *primitive = calloc(1, sizeof *primitive);
  if (!primitive) {
    dnnl_primitive_desc_destroy(description);
    return cdnnl_fail(CDNNL_FAILED, "out of memory");
  }
  *out = primitive;
  primitive->operation = operation;
  primitive->description = description;

  dnnl_engine_t cpu;
  CDNNL_RETURN_IF_FAILED(cdnnl_engine(&cpu));
  CDNNL_RETURN_IF_FAILED(
      cdnnl_check(dnnl_stream_create(&primitive->stream, cpu, dnnl_stream_default_flags), "creating a stream"));
  CDNNL_RETURN_IF_FAILED(
      cdnnl_check(dnnl_primitive_create(&primitive->compute, description), "creating the primitive"));
  return create_scratch(&primitive->compute_scratch, description, primitive->compute_arguments,
                        &primitive->compute_argument_count);
}

cdnnl_status cdnnl_primitive_add(cdnnl_primitive *primitive, const char *name, int argument, onednn_layout_ref layout) {
  cdnnl_buffer *buffer = &primitive->buffers[primitive->buffer_count++];
  buffer->name = name;
  if (!layout)
    return CDNNL_OK;
  CDNNL_RETURN_IF_FAILED(create_memory(&buffer->memory, layout));
  primitive->compute_arguments[primitive->compute_argument_count++] = (dnnl_exec_arg_t){argument, buffer->memory};
  return CDNNL_OK;
}

cdnnl_status cdnnl_primitive_add_weights(cdnnl_primitive *primitive, const char *name, int argument,
                                         onednn_layout_ref plain, onednn_layout_ref blocked, cdnnl_weights_use use) {
  primitive->weights_use = use;
  if (dnnl_memory_desc_equal(plain, blocked))
    return cdnnl_primitive_add(primitive, name, argument, plain);

  cdnnl_buffer *buffer = &primitive->buffers[primitive->buffer_count++];
  buffer->name = name;
  CDNNL_RETURN_IF_FAILED(create_memory(&buffer->memory, plain));
  CDNNL_RETURN_IF_FAILED(create_memory(&primitive->weights.memory, blocked));
  primitive->weights.size = dnnl_memory_desc_get_size(blocked);
  primitive->compute_arguments[primitive->compute_argument_count++] =
      (dnnl_exec_arg_t){argument, primitive->weights.memory};

  bool reads = use != CDNNL_WEIGHTS_WRITTEN;
  primitive->reorder_arguments[primitive->reorder_argument_count++] =
      (dnnl_exec_arg_t){DNNL_ARG_FROM, reads ? buffer->memory : primitive->weights.memory};
  primitive->reorder_arguments[primitive->reorder_argument_count++] =
      (dnnl_exec_arg_t){DNNL_ARG_TO, reads ? primitive->weights.memory : buffer->memory};

  dnnl_engine_t cpu;
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_primitive_desc_t description = NULL;
  CDNNL_RETURN_IF_FAILED(cdnnl_engine(&cpu));
  cdnnl_status status = cdnnl_attributes(CDNNL_STORE_AS_IS, &attributes);
  if (status == CDNNL_OK)
    status = cdnnl_check(dnnl_reorder_primitive_desc_create(&description, reads ? plain : blocked, cpu,
                                                            reads ? blocked : plain, cpu, attributes),
                         "describing the reorder of the weights");
  if (status == CDNNL_OK)
    status = cdnnl_check(dnnl_primitive_create(&primitive->reorder, description), "creating the reorder");
  if (status == CDNNL_OK)
    status = create_scratch(&primitive->reorder_scratch, description, primitive->reorder_arguments,
                            &primitive->reorder_argument_count);
  if (description)
    dnnl_primitive_desc_destroy(description);
  if (attributes)
    dnnl_primitive_attr_destroy(attributes);
  return status;
}

void cdnnl_primitive_seal(cdnnl_primitive *primitive) {
  /* The reorder and the computation run one after the other, so their own scratch shares a place. */
  size_t shared = aligned(primitive->weights.size);
  size_t compute = aligned(primitive->compute_scratch.size), reorder = aligned(primitive->reorder_scratch.size);
  primitive->compute_scratch.offset = shared;
  primitive->reorder_scratch.offset = shared;
  primitive->scratch_size = shared + (compute > reorder ? compute : reorder);
}

static cdnnl_status bind_buffer(cdnnl_buffer *buffer, void *pointer) {
  if (!pointer)
    return cdnnl_fail(CDNNL_FAILED, "buffer %s is NULL", buffer->name);
  if (buffer->bound == pointer)
    return CDNNL_OK;
  CDNNL_RETURN_IF_FAILED(cdnnl_check(dnnl_memory_set_data_handle(buffer->memory, pointer), "binding a buffer"));
  buffer->bound = pointer;
  return CDNNL_OK;
}

static cdnnl_status bind_buffers(cdnnl_primitive *primitive, void *const pointers[]) {
  for (int index = 0; index < primitive->buffer_count; index++) {
    cdnnl_buffer *buffer = &primitive->buffers[index];
    if (buffer->memory && (pointers[index] || buffer != primitive->packed))
      CDNNL_RETURN_IF_FAILED(bind_buffer(buffer, pointers[index]));
    else if (pointers[index])
      return cdnnl_fail(CDNNL_FAILED, "buffer %s: the primitive was created without one, pass NULL", buffer->name);
  }
  return CDNNL_OK;
}

static cdnnl_status bind_scratch(cdnnl_primitive *primitive, void *scratch) {
  if (primitive->scratch_size == 0)
    return CDNNL_OK;
  if (!scratch)
    return cdnnl_fail(CDNNL_FAILED, "scratch is NULL, needed are %zu bytes", primitive->scratch_size);
  if ((uintptr_t)scratch % scratch_alignment != 0)
    return cdnnl_fail(CDNNL_FAILED, "scratch is not aligned to %d bytes", scratch_alignment);
  if (primitive->bound_scratch == scratch)
    return CDNNL_OK;

  cdnnl_scratch_part *parts[] = {&primitive->weights, &primitive->compute_scratch, &primitive->reorder_scratch};
  for (size_t index = 0; index < sizeof parts / sizeof *parts; index++) {
    if (!parts[index]->memory)
      continue;
    void *place = (char *)scratch + parts[index]->offset;
    CDNNL_RETURN_IF_FAILED(cdnnl_check(dnnl_memory_set_data_handle(parts[index]->memory, place), "binding scratch"));
  }
  primitive->bound_scratch = scratch;
  return CDNNL_OK;
}

static cdnnl_status run_reorder(cdnnl_primitive *primitive) {
  return cdnnl_check(dnnl_primitive_execute(primitive->reorder, primitive->stream, primitive->reorder_argument_count,
                                            primitive->reorder_arguments),
                     "executing the reorder of the weights");
}

static cdnnl_status check_operation(const cdnnl_primitive *primitive, cdnnl_operation operation) {
  if (!primitive)
    return cdnnl_fail(CDNNL_FAILED, "execute: the primitive is NULL");
  if (primitive->operation != operation)
    return cdnnl_fail(CDNNL_FAILED, "execute: the primitive was created for another operation");
  return CDNNL_OK;
}

cdnnl_status cdnnl_primitive_pack(cdnnl_primitive *primitive, cdnnl_operation operation, int index, void *weights,
                                  void *scratch) {
  CDNNL_RETURN_IF_FAILED(check_operation(primitive, operation));
  if (primitive->weights_use != CDNNL_WEIGHTS_PACKED_AHEAD)
    return cdnnl_fail(CDNNL_FAILED, "pack: the primitive was created to read buffer %s as it is",
                      primitive->buffers[index].name);
  CDNNL_RETURN_IF_FAILED(bind_buffer(&primitive->buffers[index], weights));
  CDNNL_RETURN_IF_FAILED(bind_scratch(primitive, scratch));
  if (primitive->reorder)
    CDNNL_RETURN_IF_FAILED(run_reorder(primitive));
  primitive->packed = &primitive->buffers[index];
  return CDNNL_OK;
}

cdnnl_status cdnnl_primitive_run(cdnnl_primitive *primitive, cdnnl_operation operation, void *const pointers[],
                                 void *scratch) {
  CDNNL_RETURN_IF_FAILED(check_operation(primitive, operation));
  const bool is_packed_ahead = primitive->weights_use == CDNNL_WEIGHTS_PACKED_AHEAD;
  if (is_packed_ahead && !primitive->packed)
    return cdnnl_fail(CDNNL_FAILED, "execute: pack the weights first");
  if (is_packed_ahead && primitive->bound_scratch && primitive->bound_scratch != scratch)
    return cdnnl_fail(CDNNL_FAILED, "execute: the scratch is not the one that the weights were packed into");
  CDNNL_RETURN_IF_FAILED(bind_buffers(primitive, pointers));
  CDNNL_RETURN_IF_FAILED(bind_scratch(primitive, scratch));

  if (primitive->reorder && primitive->weights_use == CDNNL_WEIGHTS_READ)
    CDNNL_RETURN_IF_FAILED(run_reorder(primitive));
  CDNNL_RETURN_IF_FAILED(
      cdnnl_check(dnnl_primitive_execute(primitive->compute, primitive->stream, primitive->compute_argument_count,
                                         primitive->compute_arguments),
                  "executing the primitive"));
  if (primitive->reorder && primitive->weights_use == CDNNL_WEIGHTS_WRITTEN)
    CDNNL_RETURN_IF_FAILED(run_reorder(primitive));
  return cdnnl_check(dnnl_stream_wait(primitive->stream), "waiting for the stream");
}

size_t cdnnl_scratch_size(const cdnnl_primitive *primitive) { return primitive ? primitive->scratch_size : 0; }

size_t cdnnl_workspace_size(const cdnnl_primitive *primitive) { return primitive ? primitive->workspace_size : 0; }

const char *cdnnl_implementation(const cdnnl_primitive *primitive) {
  const char *name = NULL;
  if (!primitive ||
      dnnl_primitive_desc_query(primitive->description, dnnl_query_impl_info_str, 0, &name) != dnnl_success)
    return "";
  return name;
}

void cdnnl_destroy(cdnnl_primitive *primitive) {
  if (!primitive)
    return;
  for (int index = 0; index < primitive->buffer_count; index++)
    if (primitive->buffers[index].memory)
      dnnl_memory_destroy(primitive->buffers[index].memory);
  if (primitive->weights.memory)
    dnnl_memory_destroy(primitive->weights.memory);
  if (primitive->compute_scratch.memory)
    dnnl_memory_destroy(primitive->compute_scratch.memory);
  if (primitive->reorder_scratch.memory)
    dnnl_memory_destroy(primitive->reorder_scratch.memory);
  if (primitive->reorder)
    dnnl_primitive_destroy(primitive->reorder);
  if (primitive->compute)
    dnnl_primitive_destroy(primitive->compute);
  if (primitive->description)
    dnnl_primitive_desc_destroy(primitive->description);
  if (primitive->stream)
    dnnl_stream_destroy(primitive->stream);
  free(primitive);
}
