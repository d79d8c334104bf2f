/* A library whose constructor does what the program says, while the loader waits for it. */
#include <stdint.h>
#include <stdlib.h>

__attribute__((constructor)) static void start(void)
{
    const char *address = getenv("OG_TEST_CONSTRUCTOR");
    if (address)
        ((void (*)(void))(uintptr_t)strtoull(address, NULL, 16))();
}
