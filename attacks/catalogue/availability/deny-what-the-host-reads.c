/* Tries: to end the host where it reads a result in place, which the library has put behind a guard
 *   page's protection
 * From: CWE-664; the guard pages of crypto libraries (libsodium's sodium_mprotect_noaccess)
 * Observed: The host is still there, and has its thread.
 * Needs: linux, in-place */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    memset(POINTER(char, at->argument), 1, 4096);
    kernel3(SYS_mprotect, at->argument, 4096, 0);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#if RESIDENT_PLACEMENT
HOST(run)
{
    unsigned char resident *memory = NULL;
    const bool *value = NULL;
    struct og_fault fault;
    instance_scope scope;
    enum og_error error =
        resident_alloc(&host->library.instance, &memory, 8192, 4096, &host->fault);
    if (error)
        return error;
    host->places[PLACE_argument] = resident_address(memory);
    error = host_prepare(host);
    if (!error)
        error = host_call(host, 0);
    if (error)
        return error;
    instance_enter(&host->library.instance, &scope);
    resident_read_begin(&scope);
    if (resident_validate_bool(&scope, (const bool resident *)memory, &value, &fault) || !*value)
        host_harmed(host, "the result in place is not what the library has written");
    resident_read_end(&scope);
    instance_leave(&scope);
    return OG_OK;
}
#else
HOST(run)
{
    (void)host;
    return OG_OK;
}
#endif
#endif
