#include "mpk-kernel.h"

#include "omniglot/mpk/layout.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

bool kernel_writes_frames_with_all_rights(void)
{
    struct utsname name;
    int major, minor;
    if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
        return false;
    return major > 6 || (major == 6 && minor >= 12);
}

static bool is_wrpkru(const unsigned char *at)
{
    return !memcmp(at, "\x0f\x01\xef", 3);
}

bool changes_rights(const unsigned char *at)
{
    return is_wrpkru(at) || !memcmp(at, "\x0f\xae\x2d", 3) || !memcmp(at, "\x0f\xae\x2c", 3);
}

uint32_t asks_for_all_rights(const unsigned char *at)
{
    return is_wrpkru(at) ? 0 : MPK_PKRU_COMPONENT;
}

bool may_be_far_return(const unsigned char *code)
{
    for (int i = 0; i < 4; i++)
        if (code[i] == 0xca || code[i] == 0xcb || code[i] == 0xcf)
            return true;
    return false;
}

bool is_filler(const unsigned char *at)
{
    return !memcmp(at, "\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc", 8) || !memcmp(at, "\0\0\0\0\0\0\0\0", 8);
}
