/* The system calls a worker may make, as a classic BPF program: the host builds
 * it with libseccomp, the worker installs it before any library code runs. Some
 * calls it refuses; what it does not know kills the worker. */
#ifndef PROCESS_FILTER_H
#define PROCESS_FILTER_H

#include "baselines/process/process.h"
#include <linux/filter.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define PROCESS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PROCESS_SANITIZED 1
#endif
#endif
/* Whether this build runs under AddressSanitizer, which needs terabytes of address
 * space and a few more system calls than the worker has. */
#ifndef PROCESS_SANITIZED
#define PROCESS_SANITIZED 0
#endif

/* Builds the program for a transport; *instructions is freed with free(). Returns 0 or
 * an errno. */
int filter_build(enum process_transport transport, struct sock_filter **instructions,
                 size_t *count);

#endif
