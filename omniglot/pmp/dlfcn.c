/* dlopen and its relatives over the libraries of the flash image, without isolation. */
#include <dlfcn.h>

#include "pmp.h"

static const char *error = "no error";

void *dlopen(const char *name, int flags)
{
    const struct pmp_library *library = pmp_library_find(name);
    (void)flags;
    if (!library) {
        error = "the flash image has no such library";
        return NULL;
    }
    pmp_library_load(library);
    for (const uintptr_t *constructor = library->constructors;
         constructor < library->constructors_end; constructor++)
        ((void (*)(void)) * constructor)();
    return (void *)library;
}

void *dlsym(void *library, const char *symbol)
{
    void *address = (void *)pmp_library_symbol(library, symbol);
    if (!address)
        error = "the library exports no such symbol";
    return address;
}

int dlclose(void *library)
{
    (void)library;
    return 0;
}

const char *dlerror(void)
{
    return error;
}
