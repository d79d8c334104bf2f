/* Writing generated C. Lines are not wrapped here: the build formats what comes out with
 * clang-format, by the rules of this project's own code. */
#ifndef BINDGEN_EMIT_H
#define BINDGEN_EMIT_H

#include "omniglot/bindgen/interface.h"

/* Starts the file DIRECTORY/NAME-SUFFIX with what it is, `about`. Returns false and says why
 * when it cannot be written. A header gets include guards. */
bool emit_begin(const struct interface *interface, const char *directory, const char *suffix,
                const char *about);

/* Ends it; returns false and says why when not all of it could be written. */
bool emit_end(void);

void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Includes what the stubs of a baseline build on: a header of that folder. */
void put_baseline(const struct interface *interface, const char *header);

/* --- pieces that all disciplines have --- */

/* "unsigned char" for void. */
const char *element_of(const struct type *pointee);

/* An expression over parameters as it is in the host's stubs: an object's fields are those
 * of its host part. */
const char *host_expression(const struct function *function, const char *expression);

/* `count` of the parameter, as an expression of the host's stubs. */
const char *host_count(const struct function *function, const struct parameter *parameter);

/* The comment that names the function's source line. */
void put_source(const struct function *function);

/* "static inline enum og_error call_NAME(struct LIBRARY *LIBRARY, ... struct og_fault *fault)":
 * data in host memory. */
void put_call_signature(const struct interface *interface, const struct function *function);

/* The same for invoke_NAME: in a scope, on data that the library can reach, whose pointers are so
 * qualified ("og_mut "). */
void put_invoke_signature(const struct interface *interface, const struct function *function,
                          const char *reachable);

/* A host parameter that a stub has no use for. */
void put_unused(const char *name);

/* "value != A && value != B": what the interface rules out; NULL if nothing is. */
const char *ruled_out(const struct function *function, const char *value);

/* "value < (LOW) || value > (HIGH)", for an integer of the type; for unsigned ones in one
 * comparison, as none is below 0. */
const char *outside(const struct type *type, const char *value, const char *low, const char *high);

/* "(value == A || value == B)", or NULL if every result is a success. */
const char *success(const struct function *function, const char *value);

/* The struct fields that OG_SET or OG_GET name. */
const struct field *named_field(const struct parameter *parameter, const char *name);

/* What the dynamic loader calls the library, as an array of C strings that NULL ends. */
const char *sonames(const struct interface *interface);

/* "struct zlib_deflating": a kind's type, a callback's. */
const char *host_struct(const struct interface *interface, const char *name);

/* SODIUM_CRYPTO_HASH_SHA256: the function's number in the process discipline. */
const char *function_number(const struct interface *interface, const struct function *function);

/* "uint32_t": what WebAssembly passes a value of the type as. */
const char *wasm_type(const struct type *type);

/* Does the library get data of this parameter from the host, or the reverse? */
bool is_filled(const struct parameter *parameter);

/* The name of the og_rule that elements of an OG_OUT parameter have to follow; NULL if every
 * byte pattern is a value. */
const char *element_rule(const struct interface *interface, const struct function *function,
                         const struct parameter *parameter);

/* --- after a call into the same process --- */

/* What `*result` cannot be: contract errors, and handles that are NULL. */
void put_value_checks(const struct function *function);

/* Does anything depend on whether the call succeeded? */
bool needs_success(const struct function *function);

/* "bool succeeded = ..." */
void put_success(const struct function *function);

/* Moves the host's windows on by what is left of them: left_NAME. */
void put_windows_moved(const struct function *function);

/* Refuses a callback's number, the variable of its name, that its shape rules out. */
void put_number_checks(const struct interface *interface, const struct function *shape,
                       const struct parameter *parameter);

/* --- the files --- */

void emit_types(const struct interface *interface);
void emit_raw(const struct interface *interface);
void emit_domain(const struct interface *interface, bool is_in_place);
void emit_domain_callbacks(const struct interface *interface, bool is_in_place);
void emit_process(const struct interface *interface);
void emit_worker(const struct interface *interface);
void emit_wasm(const struct interface *interface);
void emit_wasm_callbacks(const struct interface *interface);

/* "static inline enum og_error NAME_open(struct NAME *NAME, const OPTIONS *options, struct og_fault
 * *fault)", and the same with a path: up to where their bodies begin. */
void put_open(const struct interface *interface, const char *options);
void put_open_from(const struct interface *interface, const char *options);

/* NAME_close, whole. */
void put_close(const struct interface *interface);

/* How a library is opened, whatever the path, and closed, where the instance needs no more than its
 * name. */
void put_open_and_close(const struct interface *interface, const char *options);

#endif
