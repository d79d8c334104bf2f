/* Omniglot: calling untrusted foreign code safely and without copying.
 *
 * Three nouns. A *domain* (domain.h) is foreign code with its memory. A *scope*
 * (scope.h) is the host's right to use that memory and what it allocates there. A
 * *reference* (upgrade.h) is a foreign pointer that was checked, and a *validated
 * value* (validate.h) is what is behind it, checked too.
 *
 * Where a function does not say otherwise: any thread may call it; sizes are bytes; texts, arrays
 * and options are read during the call and stay the caller's; *fault is filled if it returns an
 * error, and may be NULL; nothing aborts, prints or sets errno to say something. context.h, and
 * what stands in the other headers below "for inlining" or "for the macros", is not for programs.
 * Who implements an isolation includes runtime.h. */
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
#include "version.h"
#include "write.h"

#endif
