/* Writing generated C. Lines are not wrapped here: the build formats what comes out with
 * clang-format, by the rules of this project's own code. */
#ifndef BINDGEN_EMIT_H
#define BINDGEN_EMIT_H

#include "omniglot/bindgen/interface.h"
#include "omniglot/bindgen/preface.h"
#include "omniglot/bindgen/subject.h"
#include "omniglot/bindgen/template.h"

/* Writes what a file has after its preface; called twice. */
typedef void emitter(const struct interface *interface);

/* Writes the file DIRECTORY/NAME-SUFFIX, with its preface. Returns false and says why when not all
 * of it could be written; then there is none. A header gets include guards. */
bool emit_file(struct interface *interface, const char *directory, const char *suffix,
               preface *describe, emitter *emit);

/* put("$type $name = $value;\n", "value", "0"): writes the template (template.h) into the file. Its
 * holes are those given, or the subject's (subject.h). */
#define put(text, ...) put_filled(&EMIT_TEMPLATE(text, __VA_ARGS__))
void put_filled(const struct template *template);

/* The same into a string, for what fills the holes of another. */
#define fill(text, ...) template_fill(&EMIT_TEMPLATE(text, __VA_ARGS__))

#define EMIT_TEMPLATE(text, ...)                                                                   \
    ((struct template){text, TEMPLATE_HOLES(__VA_ARGS__), subject_hole})

/* A number, to fill a hole with. */
const char *number(size_t value);

/* The text as an identifier of capitals. */
const char *upper_case(const char *text);

/* A step of a stub, which is not taken after an error: put_step("og_write(...)"), as put. The first
 * one since put_no_step declares the stub's `error`. */
#define put_step(...) put_step_if("", __VA_ARGS__)

/* The same if the condition holds, too; "" for none. */
#define put_step_if(condition, ...)                                                                \
    do {                                                                                           \
        put_step_begin(condition);                                                                 \
        put(__VA_ARGS__);                                                                          \
        put(";\n");                                                                                \
    } while (0)

/* Up to what it is that may fail. */
void put_step_begin(const char *condition);

/* A stub begins, in which nothing can have failed so far. */
void put_no_step(void);

/* "if (...)", for the statement that is put next, or nothing where there is no condition. */
void put_if(const char *condition);

/* What has to hold for anything to be done about the parameter; "" for nothing. */
const char *condition_of(const struct parameter *parameter);

/* "succeeded", the stub's variable; "" where every call that comes back has succeeded. */
const char *succeeded(const struct function *function);

/* "a && b", or the one that is not "". */
const char *both(const char *a, const char *b);

/* --- pieces that all disciplines have --- */

/* The comment that names the function's source line. */
void put_source(const struct function *function);

/* "static inline enum og_error call_NAME(struct LIBRARY *LIBRARY, ... struct og_fault *fault)":
 * data in host memory. */
void put_call_signature(const struct function *function);

/* The same for invoke_NAME: in a scope, on data that the library can reach, whose pointers are so
 * qualified ("og_mut "). */
void put_invoke_signature(const struct function *function, const char *reachable);

/* invoke_NAME, whole, for a function that is called from anywhere as from a scope: call_NAME. */
void put_invoke_that_calls(const struct function *function);

/* A parameter of a stub that it has no use for. */
void put_unused(const char *name);

/* "const void og_foreign *": a callback's OG_OPAQUE argument, which nothing checks, as the host has
 * it. */
const char *opaque_type(const struct parameter *parameter);

/* The type of the host's functions of that shape. */
const char *host_type(const struct function *shape);

/* "int (*)(unsigned char *)": what the function is called by, with that result. Not the type that
 * the header declares, which has its attributes: that it does not return, changes nothing or keeps
 * more registers is for the library to say, and the compiler would believe it. */
const char *call_type(const struct function *function, const char *result);

/* "unsigned char *", or "void": the types in it. */
const char *call_types(const struct function *function);

/* What the host's function is given by a callback's stub, in parentheses. */
void put_host_arguments(const struct function *shape);

/* What is true of a `value` that the interface rules out, fit for an &&: "value != A && value !=
 * B"; NULL if nothing is. */
const char *ruled_out(const struct function *function, const char *value);

/* "value < LOW || value > HIGH", for an integer of the type; for unsigned ones in one comparison,
 * as none is below 0. */
const char *outside(const struct type *type, const char *value, const char *low, const char *high);

/* "value == A", or "(value == A || value == B)"; "" if every result is a success. */
const char *success(const struct function *function, const char *value);

/* The field of that name in the struct that the parameter points to. */
const struct field *named_field(const struct parameter *parameter, const char *name);

/* What the dynamic loader calls the library, as an array of C strings that NULL ends. */
const char *sonames(const struct interface *interface);

/* "uint32_t": what WebAssembly passes a value of the type as. */
const char *wasm_type(const struct type *type);

/* Does the host get a copy of what a callback's parameter points to, where nothing is in place? */
bool is_copied(const struct parameter *parameter);

/* Does the kind of that name keep memory? */
bool is_keeping(const struct interface *interface, const char *kind);

/* The name of the og_rule that elements of a filled parameter have to follow; NULL if every byte
 * pattern is a value. */
const char *element_rule(const struct interface *interface, const struct function *function,
                         const struct parameter *parameter);

/* The name of the mask that takes the padding out of the elements which the host hands over; NULL
 * if they have none. */
const char *element_mask(const struct interface *interface, const struct parameter *parameter);

/* --- after a call into the same process --- */

/* What `*result` cannot be: contract errors, and handles that are NULL. */
void put_value_checks(const struct function *function);

/* Does anything depend on whether the call succeeded? */
bool needs_success(const struct function *function);

/* "bool succeeded = ..." */
void put_success(const struct function *function);

/* What is true of a field that was got, if it is not in its OG_RANGE; NULL if it has none. */
const char *field_outside(const struct parameter *parameter, const struct field *field);

/* Refuses it then. */
void put_field_check(const struct parameter *parameter, const struct field *field);

/* What a filled parameter has room for: its count; "most_NAME", the count from before the call,
 * where the call can change what that is made of. */
const char *room_of(const struct parameter *parameter);

/* "const size_t most_NAME = ...", for such a parameter. */
void put_most(const struct parameter *parameter);

/* Refuses that its count has become more than there is room for. */
void put_most_check(const struct function *function, const struct parameter *parameter);

/* What is true where the call has a user, and the callback that the parameter is was opened with
 * another: NULL where the function or the callback's shape has none. The library is not shown it,
 * so that the callback would get its own. */
const char *other_user(const struct function *function, const struct parameter *parameter);

/* What makes OG_BAD_ARGUMENT of it. */
extern const char refusal_of_user[];

/* Moves the host's windows on by what is left of them: left_NAME. */
void put_windows_moved(const struct function *function);

/* Refuses a callback's number, the variable of its name, that its shape rules out. */
void put_number_checks(const struct parameter *parameter);

/* --- the files --- */

emitter emit_types, emit_og, emit_copying, emit_raw, emit_process, emit_worker, emit_wasm;
void emit_domain_callback_types(const struct interface *interface);
void emit_domain_callback_declarations(const struct interface *interface);
void emit_domain_callbacks(const struct interface *interface, bool is_in_place);
void emit_wasm_callbacks(const struct interface *interface);

/* "static inline ": what stubs begin with that a program calls, and nothing where they are
 * declared. */
extern const char *emit_storage;

/* "static inline enum og_error NAME_open(struct NAME *NAME, const OPTIONS *options, struct og_fault
 * *fault)", the same with a path, and NAME_close. */
void put_open(const char *options);
void put_open_from(const char *options);
void put_close(void);

/* NAME_close, with its body. */
void put_close_whole(void);

/* How a library is opened, whatever the path, and closed, where the instance needs no more than its
 * name. */
void put_open_and_close(const char *options);

#endif
