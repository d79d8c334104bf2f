#include "mpk-kernel.h"

#include <stdio.h>
#include <sys/utsname.h>

bool kernel_writes_frames_with_all_rights(void)
{
    struct utsname name;
    int major, minor;
    if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
        return false;
    return major > 6 || (major == 6 && minor >= 12);
}
