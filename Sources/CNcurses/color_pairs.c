#include "color_pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { escape_size = sizeof "\033[48;2;255;255;255m", mark_start = 1, mark_end = 2, escape = 033 };

/* A colour number and what selects it. */
typedef struct {
  int32_t number;
  uint8_t length;
  char text[escape_size];
} color;

typedef struct {
  color foreground, background;
} pair_colors;

/* What is never a colour number: the terminal's colour is not known. */
static const int32_t unknown = INT32_MIN;

static struct {
  int32_t colors, capacity;
  pair_colors *pairs;
} table;

bool color_pairs_are_marked(int32_t colors) { return colors == 16 || colors == 256 || colors == 1 << 24; }

void color_pairs_begin(int32_t colors) {
  color_pairs_end();
  table.colors = colors;
}

void color_pairs_end(void) {
  free(table.pairs);
  table.pairs = NULL;
  table.capacity = table.colors = 0;
}

static color selecting(int32_t number, bool foreground) {
  color made = {.number = number < 0 ? -1 : number};
  const int base = foreground ? 30 : 40;
  int length;
  if (number < 0) {
    length = snprintf(made.text, sizeof made.text, "\033[%dm", base + 9);
  } else if (table.colors == 16) {
    length = snprintf(made.text, sizeof made.text, "\033[%dm", number < 8 ? base + number : base + 52 + number);
  } else if (table.colors == 256) {
    length = snprintf(made.text, sizeof made.text, "\033[%d;5;%dm", base + 8, number & 255);
  } else {
    length = snprintf(made.text, sizeof made.text, "\033[%d;2;%d;%d;%dm", base + 8, number >> 16 & 255,
                      number >> 8 & 255, number & 255);
  }
  made.length = (uint8_t)length;
  return made;
}

bool color_pairs_define(int32_t pair, int32_t foreground, int32_t background) {
  if (!color_pairs_are_marked(table.colors)) return true;
  if (pair < 0) return false;
  if (pair >= table.capacity) {
    const int32_t capacity = 2 * pair + 64;
    pair_colors *grown = realloc(table.pairs, (size_t)capacity * sizeof *grown);
    if (grown == NULL) return false;
    for (int32_t i = table.capacity; i < capacity; i++) {
      grown[i] = (pair_colors){selecting(-1, true), selecting(-1, false)};
    }
    table.pairs = grown;
    table.capacity = capacity;
  }
  table.pairs[pair] = (pair_colors){selecting(foreground, true), selecting(background, false)};
  return true;
}

size_t color_pairs_bound(const char *frame, size_t length) {
  size_t marks = 0;
  for (const char *at = frame; (at = memchr(at, mark_start, length - (size_t)(at - frame))) != NULL; at++) marks++;
  return length + marks * 2 * escape_size;
}

static char *select_color(const color *wanted, int32_t *current, char *to) {
  if (*current == wanted->number) return to;
  *current = wanted->number;
  memcpy(to, wanted->text, wanted->length);
  return to + wanted->length;
}

/* The end of an escape sequence. Moving, erasing, inserting and deleting leave the colours as they are; of all others
   that is not taken for granted. */
static const char *end_of_sequence(const char *at, const char *end, bool *keeps_colors) {
  *keeps_colors = false;
  if (end - at < 2 || at[1] != '[') return at + 1;
  const char *last = at + 2;
  while (last < end && *last >= 0x20 && *last <= 0x3F) last++;
  if (last == end) return end;
  static const char keeping[] = "ABCDGHJKLMPX@bdf";
  *keeps_colors = memchr(keeping, *last, sizeof keeping - 1) != NULL && at[2] != '?' && at[2] != '!';
  return last + 1;
}

size_t color_pairs_expand(const char *frame, size_t length, char *to) {
  char *out = to;
  const char *const end = frame + length;
  /* Frames begin with colours that are not known: others may have written in between. */
  int32_t foreground = unknown, background = unknown;
  for (const char *at = frame; at < end;) {
    if (*at == mark_start) {
      int32_t pair = 0;
      for (at++; at < end && *at != mark_end; at++) pair = pair * 10 + (*at - '0');
      at += at < end;
      if (pair < 0 || pair >= table.capacity) continue;
      out = select_color(&table.pairs[pair].foreground, &foreground, out);
      out = select_color(&table.pairs[pair].background, &background, out);
      continue;
    }
    const char *next = at + 1;
    if (*at == escape) {
      bool keeps_colors;
      next = end_of_sequence(at, end, &keeps_colors);
      if (!keeps_colors) foreground = background = unknown;
    }
    while (at < next) *out++ = *at++;
  }
  return (size_t)(out - to);
}
