/* What the tests call of a library that does what ordinary libraries do by the way. */
#include "baselines/copying/wasm/tests/ordinary/ordinary.h"
#include <omniglot/interface.h>

OG_LIBRARY(ordinary, "libordinary.so");

int ordinary_do(uint32_t which);
int ordinary_ask_outside(uint32_t which);
