#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "color_pairs.h"
#include "restore.h"
#include "screen.h"

int32_t terminal_pair_limit(void) { return terminal.has_colors ? COLOR_PAIRS : 0; }

bool terminal_define_pair(int32_t pair, int32_t foreground, int32_t background) {
  return terminal.has_colors && color_pairs_define(pair, foreground, background) &&
         init_extended_pair(pair, foreground, background) == OK;
}

static attr_t curses_attributes(uint32_t attributes) {
  attr_t all = A_NORMAL;
  if (attributes & TERMINAL_BOLD) all |= A_BOLD;
  if (attributes & TERMINAL_DIM) all |= A_DIM;
  if (attributes & TERMINAL_UNDERLINE) all |= A_UNDERLINE;
  if (attributes & TERMINAL_REVERSE) all |= A_REVERSE;
  return all;
}

static cchar_t curses_cell(const terminal_cell *cell) {
  wchar_t text[2] = {(wchar_t)cell->character, L'\0'};
  if (wcwidth(text[0]) != 1) text[0] = L'?';
  int pair = terminal.has_colors ? cell->pair : 0;
  cchar_t made;
  setcchar(&made, text, curses_attributes(cell->attributes), 0, &pair);
  return made;
}

void terminal_put_cells(int32_t row, int32_t column, const terminal_cell *cells, int32_t count) {
  if (terminal.screen == NULL || row < 0 || column < 0) return;
  enum { piece = 256 };
  cchar_t made[piece];
  for (int32_t done = 0; done < count;) {
    const int32_t now = count - done < piece ? count - done : piece;
    for (int32_t i = 0; i < now; i++) made[i] = curses_cell(&cells[done + i]);
    if (mvadd_wchnstr(row, column + done, made, now) == ERR) return;
    done += now;
  }
}

void terminal_erase(void) {
  if (terminal.screen != NULL) werase(stdscr);
}

void screen_cut_frame(off_t length) {
  const int frame = fileno(terminal.frame);
  if (lseek(frame, length, SEEK_SET) == length && ftruncate(frame, length) == 0) return;
  terminal.gone = true;
}

int64_t screen_send_frame(const char *before, const char *after) {
  if (terminal.gone) return -1;
  const int frame = fileno(terminal.frame);
  const off_t size = lseek(frame, 0, SEEK_CUR);
  const size_t head = strlen(before), tail = strlen(after);
  if (head + tail == 0 && size == 0) return 0;
  char *const drawn = size < 0 ? NULL : malloc((size_t)size + 1);
  const bool is_read = drawn != NULL && pread(frame, drawn, (size_t)size, 0) == size;
  char *const bytes = is_read ? malloc(head + color_pairs_bound(drawn, (size_t)size) + tail) : NULL;
  size_t length = head;
  if (bytes != NULL) {
    memcpy(bytes, before, head);
    length += color_pairs_expand(drawn, (size_t)size, bytes + head);
    memcpy(bytes + length, after, tail);
    length += tail;
  }
  terminal.gone = bytes == NULL || !restore_write(terminal.terminal, bytes, length);
  free(drawn);
  free(bytes);
  // The next frame is written over this one; only after a large one its pages are given back.
  const off_t kept = 65536;
  if (size > kept) screen_cut_frame(0);
  else if (lseek(frame, 0, SEEK_SET) != 0) terminal.gone = true;
  return terminal.gone ? -1 : (int64_t)length;
}

int64_t terminal_present(void) {
  if (terminal.screen == NULL || terminal.suspended) return 0;
  wnoutrefresh(stdscr);
  doupdate();
  if (lseek(fileno(terminal.frame), 0, SEEK_CUR) == 0) return terminal.gone ? -1 : 0;
  /* Synchronized output: terminals that know it show the frame at once, the others skip the switch. */
  if (!terminal.speaks_ansi) return screen_send_frame("", "");
  return screen_send_frame(SYNCHRONIZED_ON, SYNCHRONIZED_OFF);
}

void terminal_repaint(void) {
  if (terminal.screen != NULL) clearok(curscr, TRUE);
}

uint64_t terminal_thread_cpu_time(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
