/* Faults told in full: what happened, where, and whose memory was touched. */
#ifndef OMNIGLOT_DESCRIBE_H
#define OMNIGLOT_DESCRIBE_H

#include "domain.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that hold most descriptions; paths can be longer. */
enum { OG_DESCRIPTION = 2048 };

/* Writes what *fault is about, for people, into `text`: at most `size` bytes with the NUL, cut
 * if that is too few; `text` may be NULL if `size` is 0. Returns the length of the whole, without
 * the NUL. The first line is fault->symbol and fault->message. For what ended a call into a
 * domain of OG_MPK (OG_FAULTED, OG_DEADLINE) there follow, without a newline at the end,
 *
 *   at 0x7f0d28a01183: write_word+0x3 in /usr/lib/libfoo.so.1 (offset 0x1183)
 *   write to 0x55d0c8f2a010: the host's data, secret in /usr/bin/program (offset 0x5010)
 *
 * the instruction with its library and symbol, as far as the file's symbol tables tell, and
 * whose memory the address is: the host's (its heap, the calling thread's stack, code or data of
 * which file), this domain's or another's (stack, heap, guard, code or data of which library),
 * the runtime's, or unmapped. Where a library lies is what the host noted while loading it, and
 * nothing inside the domain is believed or looked at.
 *
 * For OG_PROC there is the line of the instruction, as the library's process has told where it has
 * loaded what: words that the library can have chosen.
 *
 * To be called after the call has ended; not in a signal handler. It reads /proc/self/maps and
 * the files, as they are now: a library whose file has changed since it was loaded gets no
 * symbol, and memory that the host has unmapped since is told as unmapped. Milliseconds.
 *
 * `domain` is the fault's, before or after its reset, or NULL (og_domain_open has failed): then
 * there is the first line alone. Any thread may call it, as long as nobody closes the domain. */
size_t og_fault_describe(struct og_domain *domain, const struct og_fault *fault, char *text,
                         size_t size);

#ifdef __cplusplus
}
#endif

#endif
