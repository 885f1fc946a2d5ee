#include "utf8_locale.h"

#include <langinfo.h>
#include <locale.h>
#include <stddef.h>
#include <string.h>

void locale_use_utf8(void) {
  static const char *const names[] = {"", "C.UTF-8", "en_US.UTF-8"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (setlocale(LC_CTYPE, names[i]) != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return;
  }
}
