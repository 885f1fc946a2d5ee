/* Apart from screen.c because of term.h, which defines macros such as lines and columns. */
#include <string.h>

#include "restore.h"
#include "screen.h"

#include <term.h>

static char *end;

static int append_character(int character) {
  *end++ = (char)character;
  return character;
}

static void add_text(restore_plan *plan, const char *text) {
  memcpy(plan->escapes + plan->escapes_length, text, strlen(text));
  plan->escapes_length += strlen(text);
}

static bool add_capability(restore_plan *plan, const char *name) {
  const char *value = tigetstr(name);
  if (value == NULL || value == (const char *)-1) return false;
  /* Half the room, for padding may make it longer. */
  if (plan->escapes_length + strlen(value) > sizeof plan->escapes / 2) return false;
  end = plan->escapes + plan->escapes_length;
  tputs(value, 1, append_character);
  plan->escapes_length = (size_t)(end - plan->escapes);
  return true;
}

void screen_arm_restore(void) {
  restore_plan plan = {
      .terminal = terminal.terminal,
      .input = terminal.has_modes ? fileno(terminal.input) : -1,
      .modes = terminal.modes,
  };
  /* ST first: the crash may have come in the middle of a control string. */
  if (terminal.speaks_ansi) add_text(&plan, "\033\\" SYNCHRONIZED_OFF MOUSE_OFF PASTE_OFF);
  static const char *const capabilities[] = {"sgr0", "op", "rmkx", "cnorm"};
  for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++) add_capability(&plan, capabilities[i]);
  if (!add_capability(&plan, "rmcup")) add_text(&plan, "\r\n");
  restore_arm(&plan);
}
