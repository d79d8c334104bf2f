/* lwIP's port to this compiler and board. */
#ifndef WORKLOADS_LWIP_RV32_ARCH_CC_H
#define WORKLOADS_LWIP_RV32_ARCH_CC_H

#include <stdlib.h>

#define LWIP_PLATFORM_DIAG(text)
#define LWIP_PLATFORM_ASSERT(text) abort()

#endif
