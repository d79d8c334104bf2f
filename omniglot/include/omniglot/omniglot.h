/* Omniglot: calling untrusted foreign code safely and without copying.
 *
 * Three nouns. A *domain* (domain.h) is foreign code with its memory. A *scope*
 * (scope.h) is the host's right to use that memory and what it allocates there. A
 * *reference* (upgrade.h) is a foreign pointer that was checked, and a *validated
 * value* (validate.h) is what is behind it, checked too. */
#ifndef OMNIGLOT_OMNIGLOT_H
#define OMNIGLOT_OMNIGLOT_H

#include "call.h"
#include "describe.h"
#include "domain.h"
#include "error.h"
#include "foreign.h"
#include "mpk.h"
#include "scope.h"
#include "upgrade.h"
#include "validate.h"
#include "write.h"

#endif
