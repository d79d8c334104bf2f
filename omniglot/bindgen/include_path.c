#include "omniglot/bindgen/include_path.h"

#include "omniglot/bindgen/memory.h"
#include <glob.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

const char *include_path_missing(const char *message)
{
    const char *end = strstr(message, "' file not found");
    return *message == '\'' && end ? memory_copy(message + 1, (size_t)(end - message - 1)) : NULL;
}

static const char *if_it_has(const char *folder, const char *header)
{
    return access(memory_format("%s/%s", folder, header), R_OK) ? NULL : folder;
}

/* Omniglot's headers lie in a folder beside one that this program lies below: in the tree, or where
 * it is installed. */
static const char *of_omniglot(const char *header)
{
    char folder[PATH_MAX] = "";
    const char *found = NULL;
    if (readlink("/proc/self/exe", folder, sizeof(folder) - 1) < 0)
        return NULL;
    for (char *end = strrchr(folder, '/'); end && !found; end = strrchr(folder, '/')) {
        *end = '\0';
        found = if_it_has(memory_format("%s/omniglot/include", folder), header);
        if (!found)
            found = if_it_has(memory_format("%s/include", folder), header);
    }
    return found;
}

/* A package with many headers has a folder of its own for them, which others find by pkg-config. */
static const char *of_packages(const char *header)
{
    static const char *const patterns[] = {"/usr/include/*/", "/usr/local/include/",
                                           "/usr/local/include/*/", "/usr/lib/*/*/include/"};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]) && !found; i++) {
        glob_t paths = {0};
        if (!glob(memory_format("%s%s", patterns[i], header), 0, NULL, &paths)) {
            const char *path = paths.gl_pathv[0];
            found = memory_copy(path, strlen(path) - strlen(header) - 1);
        }
        globfree(&paths);
    }
    return found;
}

const char *include_path_of(const char *header, const char *interface)
{
    const char *found = of_omniglot(header);
    const char *slash = strrchr(interface, '/');
    const char *beside = slash ? memory_copy(interface, (size_t)(slash - interface)) : ".";
    if (!found)
        found = if_it_has(beside, header);
    return found ? found : of_packages(header);
}
