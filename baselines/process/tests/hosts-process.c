/* The hosts over the process sandbox. */
#include "omniglot/tests/hosts/hosted-process.h"

#define HOSTS_NAME "process"
#define HOSTS_IS   PROCESS_ONLY
#define HOSTS_OPTIONS(ms)                                                                          \
    &((const struct process_options){.library = "hosted", .deadline_ms = (ms)})
#include "omniglot/tests/hosts/driver.h"
