/*
 * CDNNL: GEMM, convolution and pooling of oneDNN behind one small C face that compiles against API v2 (2.6) and v3.
 *
 * A primitive is created once, for fixed shapes and formats and for the team size of the calling thread, and executed
 * many times from the thread that owns the team. Execution allocates no tensor memory: scratch is the caller's
 * (scratchpad_mode_user), asked for with cdnnl_scratch_size and 64-byte aligned; what is left is the argument table
 * that oneDNN makes for each call. A primitive may be executed by one thread at a time; different primitives, by
 * different threads at once.
 * Activations of rank 4 lie in memory as N, H, W, C. Weights of convolutions are plain O, I, H, W outside; where oneDNN
 * wants a blocked layout, the primitive reorders inside execute, through scratch.
 */
#ifndef CDNNL_H
#define CDNNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { CDNNL_F32 = 0, CDNNL_F16 = 1, CDNNL_BF16 = 2 } cdnnl_dtype;

/* Result of a call. Unsupported: a valid request for which oneDNN has no implementation on this processor (f16 without
   AVX512-FP16, a combination of dtypes). Failed: a shape or a pointer that cannot be, or an error inside oneDNN. */
typedef enum { CDNNL_OK = 0, CDNNL_UNSUPPORTED = 1, CDNNL_FAILED = 2 } cdnnl_status;

typedef struct cdnnl_primitive cdnnl_primitive;

/* Version of the library loaded at run time, as major, minor, patch. */
void cdnnl_version(int version[3]);

/* Name of the instruction set the library dispatches to, for example "avx512_core_bf16". Static storage. */
const char *cdnnl_isa(void);

/* True where the library computes bf16 products natively (AVX512_BF16 or AMX), not by emulation. */
bool cdnnl_bf16_is_native(void);

/* Text of the last failure on the calling thread, with the oneDNN status; "" if none. */
const char *cdnnl_last_error(void);

/* C (m, n) = op(A) op(B) [+ bias (n)] [then max(., 0)], row-major; op(A) is (m, k), op(B) is (k, n); transpose_a says
   that A lies in memory as (k, m), transpose_b that B lies as (n, k). A and B are of input_dtype, bias of bias_dtype
   (has_bias), C of output_dtype; accumulation is fp32. */
typedef struct {
  int64_t m, n, k;
  bool transpose_a, transpose_b, has_bias, relu;
  cdnnl_dtype input_dtype, bias_dtype, output_dtype;
} cdnnl_matmul;
cdnnl_status cdnnl_matmul_create(const cdnnl_matmul *shape, cdnnl_primitive **out);
/* buffers: A, B, bias (NULL without), C. */
cdnnl_status cdnnl_matmul_execute(cdnnl_primitive *primitive, const void *a, const void *b, const void *bias, void *c,
                                  void *scratch);

/* C[b] = op(A[b]) op(B[b]) for b in 0..<batch, each as in cdnnl_matmul, without relu, and with a bias (n) only where
   batch is 1. A row of a matrix as it lies in memory begins lda, ldb, ldc elements after the one before, a matrix
   a_batch_stride, b_batch_stride, c_batch_stride elements after the one before: operands may be views into packed
   tensors, and a call may give others than the call before. The strides of a single matrix mean nothing. No two elements
   of C share a place.
   packs_b: B serves many calls, and is brought once into the layout that the product is fastest with.
   adds: C[b] += op(A[b]) op(B[b]). */
typedef struct {
  int64_t batch, m, n, k;
  bool transpose_a, transpose_b, packs_b, adds, has_bias;
  int64_t lda, ldb, ldc, a_batch_stride, b_batch_stride, c_batch_stride;
  cdnnl_dtype input_dtype, bias_dtype, output_dtype;
} cdnnl_batched_matmul;
cdnnl_status cdnnl_batched_matmul_create(const cdnnl_batched_matmul *shape, cdnnl_primitive **out);
/* With packs_b, before the first execution and whenever B has changed: brings B into the scratch, which then belongs to
   the executions that follow. */
cdnnl_status cdnnl_batched_matmul_pack(cdnnl_primitive *primitive, const void *b, void *scratch);
/* b is NULL where it was packed, bias (n) where there is none. */
cdnnl_status cdnnl_batched_matmul_execute(cdnnl_primitive *primitive, const void *a, const void *b, const void *bias,
                                          void *c, void *scratch);

/* 2-d convolution as torch.nn.functional.conv2d (cross-correlation), groups 1.
   x (N, C, H, W), weight (O, C, KH, KW), y (N, O, OH, OW). */
typedef struct {
  int64_t n, c, h, w, o, kh, kw, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
  cdnnl_dtype input_dtype;   /* of x, weight, and of dy in the backward passes */
  cdnnl_dtype output_dtype;  /* of y; of dx; of dweight */
  bool has_bias;             /* forward: adds bias (O); backward_weights: also gives dbias (O) */
  cdnnl_dtype bias_dtype;    /* of bias, and of dbias */
} cdnnl_convolution;
cdnnl_status cdnnl_convolution_forward_create(const cdnnl_convolution *shape, cdnnl_primitive **out);
cdnnl_status cdnnl_convolution_forward_execute(cdnnl_primitive *primitive, const void *x, const void *weight,
                                               const void *bias, void *y, void *scratch);
cdnnl_status cdnnl_convolution_backward_data_create(const cdnnl_convolution *shape, cdnnl_primitive **out);
cdnnl_status cdnnl_convolution_backward_data_execute(cdnnl_primitive *primitive, const void *dy, const void *weight,
                                                     void *dx, void *scratch);
cdnnl_status cdnnl_convolution_backward_weights_create(const cdnnl_convolution *shape, cdnnl_primitive **out);
cdnnl_status cdnnl_convolution_backward_weights_execute(cdnnl_primitive *primitive, const void *x, const void *dy,
                                                        void *dweight, void *dbias, void *scratch);

/* 2-d pooling. Average pooling counts padding like torch's default (count_include_pad). Max pooling keeps the arg-max
   in a workspace (cdnnl_workspace_size bytes; 0 for average, which takes NULL) between forward and backward; of equal
   maxima the first, row by row, gets the gradient. Padding is at most half of the kernel. */
typedef enum { CDNNL_POOL_MAX = 0, CDNNL_POOL_AVERAGE = 1 } cdnnl_pool_kind;
typedef struct {
  cdnnl_pool_kind kind;
  int64_t n, c, h, w, kh, kw, stride_h, stride_w, pad_h, pad_w;
  cdnnl_dtype dtype;
} cdnnl_pooling;
cdnnl_status cdnnl_pooling_forward_create(const cdnnl_pooling *shape, cdnnl_primitive **out);
cdnnl_status cdnnl_pooling_forward_execute(cdnnl_primitive *primitive, const void *x, void *y, void *workspace,
                                           void *scratch);
cdnnl_status cdnnl_pooling_backward_create(const cdnnl_pooling *shape, cdnnl_primitive **out);
cdnnl_status cdnnl_pooling_backward_execute(cdnnl_primitive *primitive, const void *dy, const void *workspace, void *dx,
                                            void *scratch);

/* Bytes that execute needs, a multiple of 64; where 0, scratch may be NULL. */
size_t cdnnl_scratch_size(const cdnnl_primitive *primitive);
size_t cdnnl_workspace_size(const cdnnl_primitive *primitive);
/* Name of the implementation oneDNN chose, for example "brg:avx512_core_bf16". Lives as long as the primitive. */
const char *cdnnl_implementation(const cdnnl_primitive *primitive);
void cdnnl_destroy(cdnnl_primitive *primitive);

#ifdef __cplusplus
}
#endif
#endif
