/* Names, texts and the filling of faults. */
#include "omniglot/error.h"
#include "omniglot/core/printable.h"

#include <errno.h>

struct error_words {
    const char *name, *text;
};

static const struct error_words words[OG_ERROR_COUNT] = {
    [OG_OK] = {"OG_OK", "no error"},
    [OG_UNSUPPORTED] = {"OG_UNSUPPORTED", "this machine cannot give what was asked for"},
    [OG_NOT_FOUND] = {"OG_NOT_FOUND", "a library or a symbol is missing"},
    [OG_FORBIDDEN] = {"OG_FORBIDDEN", "the library could undo the isolation"},
    [OG_NO_MEMORY] = {"OG_NO_MEMORY", "out of memory"},
    [OG_BAD_ARGUMENT] = {"OG_BAD_ARGUMENT", "an argument is out of range, or contradicts another"},
    [OG_BUSY] = {"OG_BUSY", "a scope is open, or a thread is inside"},
    [OG_SYSTEM] = {"OG_SYSTEM", "the operating system refused"},
    [OG_NULL] = {"OG_NULL", "a null pointer where an object is due"},
    [OG_OUT_OF_BOUNDS] = {"OG_OUT_OF_BOUNDS", "outside the memory that the domain owns"},
    [OG_MISALIGNED] = {"OG_MISALIGNED", "not aligned for its type"},
    [OG_OVERFLOW] = {"OG_OVERFLOW", "the size does not fit the address space"},
    [OG_SCOPE] = {"OG_SCOPE", "the scope has ended, or a newer one is open"},
    [OG_WRONG_DOMAIN] = {"OG_WRONG_DOMAIN", "it belongs to another domain"},
    [OG_BORROWED] = {"OG_BORROWED", "a validated value is being read"},
    [OG_NOT_READING] = {"OG_NOT_READING", "no read section is open"},
    [OG_INVALID] = {"OG_INVALID", "the bytes are no value of their type"},
    [OG_UNTERMINATED] = {"OG_UNTERMINATED", "the string does not end within its bound"},
    [OG_CONTRACT] = {"OG_CONTRACT", "a call returned what its interface rules out"},
    [OG_FAULTED] = {"OG_FAULTED", "the foreign code faulted"},
    [OG_DEADLINE] = {"OG_DEADLINE", "the foreign code ran past its deadline"},
    [OG_POISONED] = {"OG_POISONED", "an earlier call faulted: reset the domain"},
};

const char *og_error_name(enum og_error error)
{
    return (unsigned)error < OG_ERROR_COUNT ? words[error].name : "OG_?";
}

const char *og_error_text(enum og_error error)
{
    return (unsigned)error < OG_ERROR_COUNT ? words[error].text : "an unknown error";
}

/* What is copied can be a library's choice, and is shown to people. */
static void copy_text(char *to, size_t capacity, const char *from)
{
    size_t length = 0;
    for (; from && from[length] && length + 1 < capacity; length++)
        to[length] = from[length];
    to[length] = '\0';
    og_make_printable(to);
}

enum og_error og_fail(struct og_fault *fault, enum og_error error, const char *symbol,
                      uintptr_t address, const char *message)
{
    if (fault) {
        fault->error = error;
        fault->signal = 0;
        fault->system_error = 0;
        fault->access = 0;
        fault->address = address;
        fault->instruction = 0;
        copy_text(fault->symbol, sizeof(fault->symbol), symbol);
        copy_text(fault->message, sizeof(fault->message), message ? message : og_error_text(error));
    }
    return error;
}

enum og_error og_out_of_memory(struct og_fault *fault)
{
    return og_fail(fault, OG_NO_MEMORY, NULL, 0, "the host is out of memory");
}

enum og_error og_fail_system(struct og_fault *fault, int number, const char *symbol,
                             uintptr_t address, const char *message)
{
    enum og_error error =
        og_fail(fault, number == ENOMEM ? OG_NO_MEMORY : OG_SYSTEM, symbol, address, message);
    if (fault)
        fault->system_error = number;
    return error;
}
