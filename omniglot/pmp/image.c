/* The libraries of the flash image: finding them and their symbols, and their initial state. */
#include "pmp.h"

#include <string.h>

extern const struct pmp_library og_pmp_libraries[], og_pmp_libraries_end[];

const struct pmp_library *pmp_library_find(const char *name)
{
    const char *slash = strrchr(name, '/');
    if (slash)
        name = slash + 1;
    for (const struct pmp_library *library = og_pmp_libraries; library < og_pmp_libraries_end;
         library++)
        if (!strcmp(library->name, name))
            return library;
    return NULL;
}

uintptr_t pmp_library_symbol(const struct pmp_library *library, const char *symbol)
{
    for (size_t i = 0; i < library->symbol_count; i++)
        if (!strcmp(library->symbols[i].name, symbol))
            return library->symbols[i].address;
    return 0;
}

const char *pmp_library_symbol_at(const struct pmp_library *library, uintptr_t address)
{
    const struct pmp_symbol *found = NULL;
    for (size_t i = 0; i < library->symbol_count; i++) {
        const struct pmp_symbol *symbol = &library->symbols[i];
        if (symbol->address <= address && (!found || symbol->address > found->address))
            found = symbol;
    }
    return found ? found->name : NULL;
}

void pmp_library_load(const struct pmp_library *library)
{
    size_t size = library->data_end - library->data;
    memset((void *)library->ram, 0, library->ram_end - library->ram);
    memcpy((void *)library->data, (const void *)library->data_load, size);
}
