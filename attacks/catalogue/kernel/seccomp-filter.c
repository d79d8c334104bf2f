/* Tries: to install a filter that lets the host's writes fail
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020): filters are inherited by all that
 *   follows
 * Observed: The host can still write its file.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    /* If it is write: EPERM; else allowed. */
    struct {
        uint16_t code;
        uint8_t yes, no;
        uint32_t k;
    } filter[] = {
        {0x20, 0, 0, 0}, {0x15, 0, 1, SYS_write}, {6, 0, 0, 0x50001}, {6, 0, 0, 0x7fff0000}};
    struct {
        uint16_t count;
        void *filter;
    } program = {4, filter};
    kernel6(SYS_prctl, 38, 1, 0, 0, 0, 0); /* PR_SET_NO_NEW_PRIVS */
    kernel6(SYS_prctl, 22, 2, ADDRESS(&program), 0, 0, 0);
    return 0;
}
