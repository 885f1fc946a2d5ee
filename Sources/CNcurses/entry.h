/* Terminfo: looking types up, and deriving a private entry for one terminal. */
#ifndef CNCURSES_ENTRY_H
#define CNCURSES_ENTRY_H

#include <stdint.h>

/* Name of the entry that terminal_entry_derive makes of a type; release with free. */
char *terminal_entry_derived_name(const char *type);

/* A TERMINFO value ("b64:...") holding a private copy of the type's entry under its derived name; release with free.
   The copy never redefines the palette: not every terminal gives its own back. With colors 16, 256 or 1 << 24 its colour
   escapes are those that terminals with so many colours share, with 1 it has none. NULL when out of memory or when the
   type is unknown. */
char *terminal_entry_derive(const char *type, int32_t colors);

#endif
