/* The source of randomness that sodium_init asks for. QEMU's `virt` has none, so this one counts:
 * the workloads compute nothing from it, and a board that does must put its own here. */
#include <sodium/randombytes.h>

static const char *name(void)
{
    return "none";
}

static uint32_t next(void)
{
    static uint32_t count;
    return count++;
}

static void fill(void *const memory, const size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)memory)[i] = (unsigned char)next();
}

struct randombytes_implementation board_randomness = {
    .implementation_name = name, .random = next, .buf = fill};
