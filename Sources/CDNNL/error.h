/* Failures as values: a status, and a message kept for the calling thread. */
#ifndef CDNNL_ERROR_H
#define CDNNL_ERROR_H

#include "CDNNL.h"
#include "onednn_api.h"

/* Sets the message and returns `status`. */
__attribute__((format(printf, 2, 3))) cdnnl_status cdnnl_fail(cdnnl_status status, const char *format, ...);

/* CDNNL_OK for dnnl_success; otherwise sets a message that says what failed and with which status.
   dnnl_unimplemented becomes CDNNL_UNSUPPORTED. */
cdnnl_status cdnnl_check(dnnl_status_t status, const char *what);

/* The same for the creation of a primitive descriptor from a checked shape. What oneDNN calls invalid there is a
   combination of dtypes that it does not have, so dnnl_invalid_arguments becomes CDNNL_UNSUPPORTED too. */
cdnnl_status cdnnl_check_description(dnnl_status_t status);

/* Puts "<context>: " in front of the message of the failure that is being reported. */
__attribute__((format(printf, 1, 2))) void cdnnl_add_context(const char *format, ...);

/* Leaves the calling function when `expression` is a failure. */
#define CDNNL_RETURN_IF_FAILED(expression)                                                                             \
  do {                                                                                                                 \
    const cdnnl_status status_of_call = (expression);                                                                  \
    if (status_of_call != CDNNL_OK)                                                                                    \
      return status_of_call;                                                                                           \
  } while (0)

#endif
