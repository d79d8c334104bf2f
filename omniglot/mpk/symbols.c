/* Where the symbols of a domain's libraries are: asked once each. The answer can be foreign code's
 * own (an indirect function), another one each time, and what the host is given to call it by is
 * kept for as long as the domain: a library would use up all there is. */
#include "mpk.h"

#include <stdlib.h>
#include <string.h>

struct mpk_symbol {
    struct mpk_symbol *next;
    uintptr_t address;
    char name[];
};

uintptr_t mpk_symbol_known(const struct mpk_domain *domain, const char *name)
{
    const struct mpk_symbol *symbol = domain->symbols;
    while (symbol && strcmp(symbol->name, name))
        symbol = symbol->next;
    return symbol ? symbol->address : 0;
}

bool mpk_symbol_note(struct mpk_domain *domain, const char *name, uintptr_t address)
{
    size_t size = strlen(name) + 1;
    struct mpk_symbol *symbol = mpk_allocate(1, sizeof(*symbol) + size);
    if (!symbol)
        return false;
    *symbol = (struct mpk_symbol){domain->symbols, address};
    memcpy(symbol->name, name, size);
    domain->symbols = symbol;
    return true;
}

void mpk_symbols_close(struct mpk_domain *domain)
{
    for (struct mpk_symbol *symbol = domain->symbols, *next; symbol; symbol = next) {
        next = symbol->next;
        mpk_release(symbol);
    }
    domain->symbols = NULL;
}
