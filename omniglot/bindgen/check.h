/* Do the annotations fit the prototypes, and each other? */
#ifndef BINDGEN_CHECK_H
#define BINDGEN_CHECK_H

#include "omniglot/bindgen/interface.h"

/* Works out each parameter's kind and what belongs to it. Reports everything that
 * contradicts; returns whether nothing does. */
bool check_interface(struct interface *interface);

#endif
