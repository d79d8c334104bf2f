/* What the two sides of the process discipline have to agree on. */
#ifndef BINDGEN_WIRE_ORDER_H
#define BINDGEN_WIRE_ORDER_H

#include "omniglot/bindgen/interface.h"

/* Does the library write this output into the message itself? The first OG_OUT does, where no
 * callback can come between. Never what windows put out: those come right after. */
bool is_reserved(const struct interface *interface, const struct function *function,
                 const struct parameter *parameter);

/* Is what comes back another after a success than after a failure: are there outputs, and results
 * that are no success? */
bool depends_on_success(const struct function *function);

/* Does the host put anything into a call's message? */
bool has_arguments(const struct function *function);

#endif
