/* From an interface file to the model of it. */
#ifndef BINDGEN_READ_H
#define BINDGEN_READ_H

#include "omniglot/bindgen/interface.h"

/* Reads `interface->path` with the compiler's `interface->flags`, and fills *interface. Whatever is
 * wrong is reported; returns whether nothing was. */
bool interface_read(struct interface *interface);

#endif
