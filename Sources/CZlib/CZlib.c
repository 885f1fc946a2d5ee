/* An ordinary C target needs one source file. */
#include "CZlib.h"
