#include "entry.h"

#include <stdlib.h>
#include <string.h>

#include "CNcurses.h"
#include "color_pairs.h"

/* term.h defines macros such as lines, columns and tab: nothing of our own may be called so in this file. */
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

/* Makes a type's entry the current one without touching that of an open screen, which end_reading brings back. */
static bool begin_reading(const char *type, TERMINAL **previous) {
  *previous = cur_term;
  int found = 0;
  return setupterm(type, -1, &found) == OK;
}

static void end_reading(TERMINAL *previous) {
  TERMINAL *const read = set_curterm(previous);
  if (read != NULL && read != previous) del_curterm(read);
}

terminal_entry terminal_entry_look_up(const char *name) {
  terminal_entry entry = {TERMINAL_ENTRY_UNKNOWN, 0};
  TERMINAL *previous;
  if (begin_reading(name, &previous)) {
    const char *addressing = tigetstr("cup");
    const bool addresses = addressing != NULL && addressing != (const char *)-1;
    const int number = tigetnum("colors");
    entry.status = addresses ? TERMINAL_ENTRY_USABLE : TERMINAL_ENTRY_NO_ADDRESSING;
    entry.colors = number > 0 ? number : 0;
  }
  end_reading(previous);
  return entry;
}

char *terminal_entry_derived_name(const char *type) {
  static const char suffix[] = "-derived";
  const size_t length = strlen(type);
  char *name = malloc(length + sizeof suffix);
  if (name == NULL) return NULL;
  memcpy(name, type, length);
  memcpy(name + length, suffix, sizeof suffix);
  return name;
}

/* Bytes of a compiled entry, little-endian. Once memory runs out, `failed` stays set and appending does nothing. */
typedef struct {
  unsigned char *bytes;
  size_t length, capacity;
  bool failed;
} blob;

static void append(blob *to, const void *bytes, size_t length) {
  if (to->length + length > to->capacity) {
    const size_t capacity = 2 * (to->length + length);
    unsigned char *grown = realloc(to->bytes, capacity);
    if (grown == NULL) {
      to->failed = true;
      return;
    }
    to->bytes = grown;
    to->capacity = capacity;
  }
  memcpy(to->bytes + to->length, bytes, length);
  to->length += length;
}

static void append_integer(blob *to, int32_t value, int width) {
  for (int i = 0; i < width; i++) {
    const unsigned char byte = (unsigned char)((uint32_t)value >> (8 * i));
    append(to, &byte, 1);
  }
}

static void align(blob *to) {
  if (to->length % 2 != 0) append_integer(to, 0, 1);
}

/* Colour escapes by number of colours, with semicolons, which more terminals understand than colons. Direct colour has
   no branch for the numbers 0 to 7, so that the near-blacks of a gradient stay what they are. */
#define ESCAPES_16(base, bright) "\033[%?%p1%{8}%<%t%p1%{" base "}%+%e%p1%{" bright "}%+%;%dm"
#define ESCAPES_256(select) "\033[" select ";5;%p1%dm"
#define ESCAPES_DIRECT(select) \
  "\033[" select ";2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%dm"

static const char *color_escape(bool foreground, int32_t number) {
  switch (number) {
    case 16: return foreground ? ESCAPES_16("30", "82") : ESCAPES_16("40", "92");
    case 256: return foreground ? ESCAPES_256("38") : ESCAPES_256("48");
    default: return foreground ? ESCAPES_DIRECT("38") : ESCAPES_DIRECT("48");
  }
}

static const char *derived_string(const char *name, int32_t number) {
  const char *own = tigetstr(name);
  if (own == (const char *)-1) own = NULL;
  static const char *const palette[] = {"initc", "initp", "oc"};
  for (size_t i = 0; i < sizeof palette / sizeof *palette; i++) {
    if (strcmp(name, palette[i]) == 0) return NULL;
  }
  if (number == 0) return own;
  if (strcmp(name, "scp") == 0) return color_pairs_are_marked(number) ? COLOR_PAIR_MARK : NULL;
  static const char *const selectors[] = {"setaf", "setab", "setf", "setb", "op"};
  for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) {
    if (strcmp(name, selectors[i]) != 0) continue;
    if (number == 1 || i == 2 || i == 3) return NULL;
    return i == 4 ? "\033[39;49m" : color_escape(i == 0, number);
  }
  return own;
}

static int32_t derived_number(const char *name, int32_t number) {
  const int own = tigetnum(name);
  if (number != 0 && strcmp(name, "colors") == 0) return number == 1 ? -1 : number;
  if (number != 0 && strcmp(name, "pairs") == 0) return number == 1 ? -1 : 65536;
  /* "No colours with these attributes" belongs to the escapes that were replaced. */
  if (number != 0 && strcmp(name, "ncv") == 0) return -1;
  return own >= 0 ? own : -1;
}

/* The compiled form of term(5) with 32-bit numbers: header, names, booleans, numbers, offsets of strings, strings; then
   the extended part, here nothing or the boolean RGB, which tells ncurses that colour numbers are red, green, blue. */
static void compile(blob *to, const char *name, int32_t number) {
  int booleans = 0, numbers = 0, strings = 0;
  while (boolnames[booleans] != NULL) booleans++;
  while (numnames[numbers] != NULL) numbers++;
  while (strnames[strings] != NULL) strings++;

  blob offsets = {0}, text = {0};
  for (int i = 0; i < strings; i++) {
    const char *value = derived_string(strnames[i], number);
    append_integer(&offsets, value == NULL ? -1 : (int32_t)text.length, 2);
    if (value != NULL) append(&text, value, strlen(value) + 1);
  }

  const size_t name_size = strlen(name) + 1;
  const int32_t header[] = {01036, (int32_t)name_size, booleans, numbers, strings, (int32_t)text.length};
  for (size_t i = 0; i < sizeof header / sizeof *header; i++) append_integer(to, header[i], 2);
  append(to, name, name_size);
  for (int i = 0; i < booleans; i++) {
    const bool changes_palette = strcmp(boolnames[i], "ccc") == 0;
    append_integer(to, tigetflag(boolnames[i]) > 0 && !changes_palette, 1);
  }
  align(to);
  for (int i = 0; i < numbers; i++) append_integer(to, derived_number(numnames[i], number), 4);
  append(to, offsets.bytes, offsets.length);
  append(to, text.bytes, text.length);
  to->failed = to->failed || offsets.failed || text.failed || text.length > INT16_MAX;
  free(offsets.bytes);
  free(text.bytes);

  if (number == 1 << 24) {
    align(to);
    const int32_t extended[] = {1, 0, 0, 1, 4}; /* one boolean; one string of four bytes, its name */
    for (size_t i = 0; i < sizeof extended / sizeof *extended; i++) append_integer(to, extended[i], 2);
    append_integer(to, 1, 1);
    align(to);
    append_integer(to, 0, 2);
    append(to, "RGB", 4);
  }
}

static char *base64(const blob *from, const char *prefix) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t start = strlen(prefix), groups = (from->length + 2) / 3;
  char *text = malloc(start + 4 * groups + 1);
  if (text == NULL) return NULL;
  memcpy(text, prefix, start);
  char *at = text + start;
  for (size_t i = 0; i < from->length; i += 3) {
    const size_t left = from->length - i;
    const uint32_t bits = (uint32_t)from->bytes[i] << 16 | (left > 1 ? (uint32_t)from->bytes[i + 1] << 8 : 0) |
                          (left > 2 ? from->bytes[i + 2] : 0);
    *at++ = digits[bits >> 18];
    *at++ = digits[bits >> 12 & 63];
    *at++ = left > 1 ? digits[bits >> 6 & 63] : '=';
    *at++ = left > 2 ? digits[bits & 63] : '=';
  }
  *at = '\0';
  return text;
}

char *terminal_entry_derive(const char *type, int32_t number) {
  char *value = NULL;
  char *const name = terminal_entry_derived_name(type);
  TERMINAL *previous;
  if (name != NULL && begin_reading(type, &previous)) {
    blob compiled = {0};
    compile(&compiled, name, number);
    if (!compiled.failed) value = base64(&compiled, "b64:");
    free(compiled.bytes);
  }
  if (name != NULL) end_reading(previous);
  free(name);
  return value;
}
