/* What a file of the catalogue sees. It is compiled as foreign code, into the library that every
 * system loads, and, where it has a part of the host's, into each system's driver.
 *
 *     FOREIGN(run)
 *     {
 *         take(at, at->secret_global);
 *         return 0;
 *     }
 *
 * README.md says what else there is. */
#ifndef ATTACKS_ATTACK_H
#define ATTACKS_ATTACK_H

#include "attacks/library.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Where in the host's memory is what attacks are after. All are numbers: what is there is the
 * host's. 0: this system has none. */
#define ATTACK_PLACES(X)                                                                           \
    X(secret_global) /* SECRET_SIZE bytes that only the host knows, in its data, */                \
    X(secret_heap)   /* on its heap, */                                                            \
    X(secret_stack)  /* on its stack, */                                                           \
    X(secret_thread) /* in its thread's own memory, */                                             \
    X(secret_page)   /* in a page of its own, which the host can only read, */                     \
    X(secret_other)  /* and in another instance of the library (of attacks that need one) */       \
    X(canary_global) /* CANARY_WORDS words that nobody is to change */                             \
    X(canary_heap)                                                                                 \
    X(canary_stack)                                                                                \
    X(canary_page)     /* the first of a page of its own */                                        \
    X(canary_constant) /* the first of a page that the host can only read */                       \
    X(canary_other)    /* in another instance of the library (of attacks that need one) */         \
    X(pointer)         /* a pointer to a function, which the host calls afterwards */              \
    X(forbidden)       /* a function of the host's that nobody is to enter */                      \
    X(unchecked)       /* the place in a function of the host's behind its check */                \
    X(jump_buffer)     /* where the host has called setjmp */                                      \
    X(host_longjmp)    /* functions of the host's C library */                                     \
    X(host_open)                                                                                   \
    X(host_system_call)                                                                            \
    X(host_pkey_set)                                                                               \
    X(host_mprotect)                                                                               \
    X(host_free)                                                                                   \
    X(second_pkey_set) /* of a second C library, in a namespace of its own */                      \
    X(stray_code) /* executable bytes of the host's that are WRPKRU, of attacks that bring some */ \
    X(journal)    /* the number of the descriptor of a file that the host writes */                \
    X(secrets)    /* of one that holds the secret */                                               \
    X(gate_start) /* the gate of protection keys */                                                \
    X(gate_end)                                                                                    \
    X(gate_return)                                                                                 \
    X(gs) /* what the gate knows the thread by */                                                  \
    X(signal_stack)                                                                                \
    X(signal_stack_size)                                                                           \
    X(host_process) /* the host's process id */                                                    \
    X(argument)     /* the attack's own */                                                         \
    X(more)

enum { SECRET_SIZE = 16, CANARY_WORDS = 8, LOOT_SIZE = 64 };

#define ATTACK_PLACE_NUMBER(name) PLACE_##name,
enum { ATTACK_PLACES(ATTACK_PLACE_NUMBER) PLACE_COUNT };
#undef ATTACK_PLACE_NUMBER

/* What the foreign part of an attack gets. The places come first. */
struct attack {
#define ATTACK_PLACE_WORD(name) uint64_t name;
    ATTACK_PLACES(ATTACK_PLACE_WORD)
#undef ATTACK_PLACE_WORD
    uint32_t step;         /* which call this is, where the host's part makes several */
    const char *path;      /* of a file that is not to be */
    uint8_t *loot;         /* LOOT_SIZE bytes for what was stolen: they go to the host */
    attack_callback *call; /* a function of the host's, to be called back; may be NULL */
};

#define ATTACK_UNUSED __attribute__((unused))

#define ATTACK_JOIN(side, name, part)       ATTACK_JOIN_AGAIN(side, name, part)
#define ATTACK_JOIN_AGAIN(side, name, part) side##_##name##_##part

/* A name of the file's own (of a static function or variable: the files share their names). */
#define LOCAL(part) ATTACK_JOIN(local, ATTACK_NAME, part)

/* --- the foreign side --- */

#define FOREIGN(kind)       FOREIGN_##kind(ATTACK_JOIN(foreign, ATTACK_NAME, kind))
#define FOREIGN_run(name)   static uint64_t name(struct attack *at)
#define FOREIGN_value(name) static uint64_t name(struct attack *at)
#define FOREIGN_fill(name)  static int name(struct attack *at, uint8_t *out, size_t *size)
#define FOREIGN_echo(name)                                                                         \
    static int name(struct attack *at, const uint8_t *in, size_t in_size, uint8_t *out,            \
                    size_t *out_size)
#define FOREIGN_record(name)  static int name(struct attack *at, struct attack_record *record)
#define FOREIGN_numbers(name) static int name(struct attack *at, uint32_t *numbers, size_t count)
#define FOREIGN_tell(name)    static int name(struct attack *at, attack_teller *tell)
#define FOREIGN_hand(name)    static int name(struct attack *at, attack_hander *hand)
#define FOREIGN_list(name)    static int name(struct attack *at, attack_lister *list)
#define FOREIGN_order(name)   static int name(struct attack *at, attack_orderer *order)
#define FOREIGN_window(name)  static int name(struct attack *at, const uint8_t **next, size_t *left)
#define FOREIGN_thing(name)   static struct attack_thing *name(struct attack *at)

/* The same as members of the table of parts. */
#define FOREIGN_POINTER_run   uint64_t (*run)(struct attack *)
#define FOREIGN_POINTER_value uint64_t (*value)(struct attack *)
#define FOREIGN_POINTER_fill  int (*fill)(struct attack *, uint8_t *, size_t *)
#define FOREIGN_POINTER_echo                                                                       \
    int (*echo)(struct attack *, const uint8_t *, size_t, uint8_t *, size_t *)
#define FOREIGN_POINTER_record  int (*record)(struct attack *, struct attack_record *)
#define FOREIGN_POINTER_numbers int (*numbers)(struct attack *, uint32_t *, size_t)
#define FOREIGN_POINTER_tell    int (*tell)(struct attack *, attack_teller *)
#define FOREIGN_POINTER_hand    int (*hand)(struct attack *, attack_hander *)
#define FOREIGN_POINTER_list    int (*list)(struct attack *, attack_lister *)
#define FOREIGN_POINTER_order   int (*order)(struct attack *, attack_orderer *)
#define FOREIGN_POINTER_window  int (*window)(struct attack *, const uint8_t **, size_t *)
#define FOREIGN_POINTER_thing   struct attack_thing *(*thing)(struct attack *)

#ifdef ATTACK_FOREIGN

#define ATTACK_UNUSED         __attribute__((unused))
#define POINTER(type, number) ((type *)(uintptr_t)(number))

/* Reads SECRET_SIZE bytes there and gives them to the host as what the call found. */
ATTACK_UNUSED static void take(struct attack *at, uint64_t address)
{
    const volatile uint8_t *from = POINTER(const volatile uint8_t, address);
    for (int i = 0; i < SECRET_SIZE; i++)
        at->loot[i] = from[i];
}

/* Writes there. */
ATTACK_UNUSED static void spoil(uint64_t address)
{
    *POINTER(volatile uint64_t, address) = 0xbadbadbadbadbad;
}

#if defined(__x86_64__)
#include <sys/syscall.h>

/* A system call by an instruction of its own. */
ATTACK_UNUSED static long kernel6(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                  uint64_t e, uint64_t f)
{
    long result;
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

ATTACK_UNUSED static long kernel3(long number, uint64_t a, uint64_t b, uint64_t c)
{
    return kernel6(number, a, b, c, 0, 0, 0);
}
#endif

/* An address as an argument of `kernel`. */
#define ADDRESS(pointer) ((uint64_t)(uintptr_t)(pointer))

#endif

#endif
