#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { message_capacity = 512 };

static _Thread_local char message[message_capacity];

const char *cdnnl_last_error(void) { return message; }

cdnnl_status cdnnl_fail(cdnnl_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return status;
}

static cdnnl_status unsupported(dnnl_status_t status) {
  int version[3];
  cdnnl_version(version);
  return cdnnl_fail(CDNNL_UNSUPPORTED, "oneDNN %d.%d.%d has no implementation on %s (%s)", version[0], version[1],
                    version[2], cdnnl_isa(), dnnl_status2str(status));
}

cdnnl_status cdnnl_check(dnnl_status_t status, const char *what) {
  if (status == dnnl_success)
    return CDNNL_OK;
  if (status == dnnl_unimplemented)
    return unsupported(status);
  return cdnnl_fail(CDNNL_FAILED, "%s gave %s", what, dnnl_status2str(status));
}

cdnnl_status cdnnl_check_description(dnnl_status_t status) {
  return status == dnnl_invalid_arguments ? unsupported(status) : cdnnl_check(status, "describing the operation");
}

void cdnnl_add_context(const char *format, ...) {
  char context[message_capacity / 2];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(context, sizeof context, format, arguments);
  va_end(arguments);

  static const char separator[] = ": ";
  const size_t prefix = strlen(context) + sizeof separator - 1, room = message_capacity - 1 - prefix;
  size_t kept = strlen(message);
  if (kept > room)
    kept = room;
  memmove(message + prefix, message, kept);
  memcpy(message, context, strlen(context));
  memcpy(message + strlen(context), separator, sizeof separator - 1);
  message[prefix + kept] = '\0';
}
