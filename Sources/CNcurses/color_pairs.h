#ifndef CNCURSES_COLOR_PAIRS_H
#define CNCURSES_COLOR_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Colours without ncurses' way of sending them: it evaluates two escapes of several operators at every change of pair,
   which took half of a frame's time, and repeats a background that stays. The derived entry makes a mark of a pair
   instead, with its number, and the marks become escapes when a frame is sent. */

/* The capability scp of a derived entry. Neither byte is part of a cell or of another capability. */
#define COLOR_PAIR_MARK "\001%p1%d\002"

/* Whether entries derived for so many colours make marks. */
bool color_pairs_are_marked(int32_t colors);

/* Begins with no pairs; `colors` is the number that the entry was derived for. */
void color_pairs_begin(int32_t colors);

/* Frees the pairs. */
void color_pairs_end(void);

/* Says what a pair stands for, -1 being the terminal's own colour; false where memory runs out. */
bool color_pairs_define(int32_t pair, int32_t foreground, int32_t background);

/* Bytes that a frame may have once its marks are escapes. */
size_t color_pairs_bound(const char *frame, size_t length);

/* Writes a frame with escapes in place of marks; returns the number of bytes. */
size_t color_pairs_expand(const char *frame, size_t length, char *to);

#endif
