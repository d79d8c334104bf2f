/* What og-bindgen knows of a library: its interface file, read and found sound. */
#ifndef BINDGEN_INTERFACE_H
#define BINDGEN_INTERFACE_H

#include "omniglot/bindgen/annotation.h"
#include <stddef.h>

enum type_class {
    TYPE_VOID,
    TYPE_BOOL,
    TYPE_INTEGER,
    TYPE_ENUM,
    TYPE_FLOATING,
    TYPE_STRUCT,
    TYPE_POINTER,  /* to data */
    TYPE_FUNCTION, /* a pointer to a function */
    TYPE_OTHER     /* what nothing here can carry: long double, unions, ... */
};

struct type {
    enum type_class class;
    const char *spelling; /* without const */
    const char *canonical;
    bool is_const, is_volatile, is_complete, is_signed;
    bool is_respelt; /* of a function that does not return: the spelling is another type's */
    size_t size, alignment;
    const struct type *pointee; /* of a pointer; of a function pointer the function's type */
    const struct rule *rule;    /* of enums and complete structs */
};

/* A field of a struct, with what OG_FIELD adds. */
struct field {
    const char *name;
    const struct type *type;      /* of an element */
    size_t offset, count;         /* count: 1 outside arrays; 0: an array without a length */
    size_t bit_offset, bit_count; /* of a bit-field that has a name */
    const char *first;            /* "[0][0]": of an array of arrays the first element */
    bool is_array, is_bits, is_opaque;
    bool is_in_union;       /* one that has no name, where it is one of several things */
    const char *low, *high; /* OG_RANGE, or NULL */
    const char *counted_by; /* OG_IN: another field, or a number */
    const struct field *counter;
    struct place place; /* of the OG_FIELD, if there is one */
};

/* What the values of an enum or struct are. */
struct rule {
    struct rule *next; /* in the order they were met: what a rule needs is before it */
    bool is_enum, is_asked_for, is_used;
    bool is_plain;    /* every byte pattern is a value */
    bool has_pointer; /* means nothing outside the library's memory */
    bool has_const;   /* a value cannot be assigned */
    bool is_open;     /* an array in it has no length: nothing says how large a value is */
    /* "its field 'kind' is a bit-field of an enum": why nobody can check a value of it; NULL if one
     * can. */
    const char *unchecked;
    const char *spelling, *identifier;
    const char
        *declared; /* what it is: one type can be spelt in two ways, and has two rules then */
    size_t size, alignment;
    const char **names; /* enumerators */
    struct field *fields;
    size_t count;
    struct place place; /* OG_VALIDATE's, if it is asked for */
};

/* A new one begins with an annotation (annotation.h) and what that asks for (check.c); the compiler
 * then names each place that has to say what becomes of it. */
enum parameter_kind {
    NUMBER,
    OPAQUE,
    ABSENT, /* NULL */
    USER,
    IN,
    OUT,
    INOUT,
    LENGTH,     /* OG_LENGTH_OF */
    LEFT,       /* counts a window */
    IN_WINDOW,  /* a pointer to a pointer */
    OUT_WINDOW, /* the same */
    STRING,
    STRINGS,
    STRUCT,
    HANDLE,
    OBJECT,
    CALLBACK
};

enum life { LIFE_USED, LIFE_NEW, LIFE_END };

/* A pair of an object's fields that are a window. */
struct window {
    const char *pointer, *left;
    const char *cursor, *rest; /* invoke_NAME's parameters for the two (names.h) */
    bool is_output;
    const struct type *element, *count_type;
};

struct parameter {
    const char *name;                /* in stubs (names.h) */
    const char *declared;            /* in the interface file */
    const struct annotation *hidden; /* a count names it by a macro that does not say so */
    const struct type *type;
    struct place place;
    enum parameter_kind kind;
    enum life life;
    bool is_optional;
    const char *count;     /* an expression, for IN, OUT, INOUT */
    bool is_moving;        /* the count: the call can change what it is made of (count.h) */
    const char *kind_name; /* of a handle or object */
    const char *low, *high;
    const struct parameter *size_of; /* OG_SIZE_OF */
    const struct parameter *kept_by; /* OG_KEPT */
    const struct parameter *length;  /* of OUT: the LENGTH of it; of a window: its LEFT */
    const struct callback *callback;
    const struct annotation *set, *get;
    struct window windows[2];
    size_t window_count;
    struct annotation *annotations;
    size_t annotation_count;
};

struct function {
    struct function *next;
    const char *name;
    struct place place;
    const struct type *result;
    struct parameter *parameters;
    size_t count;
    struct annotation *annotations;
    size_t annotation_count;
    const struct annotation *returns, *success, *range;
    const char *returned_handle; /* its kind, or NULL */
    bool is_by_name;
    bool returns_in_memory; /* its result: where a hidden first argument says */
};

/* The shape of host functions that the library calls. */
struct callback {
    struct callback *next;
    struct function shape; /* its `name` is the callback's */
    unsigned number;
    const char *canonical; /* the function's type */
    bool can_refuse;       /* what the library passes has to be checked */
};

/* A kind of handle or object. */
struct kind {
    struct kind *next;
    const char *name;
    bool is_object;
    const struct type *pointee;
    struct place place;
    bool has_kept; /* keeps memory for some function: one block */
};

struct interface {
    const char *path;         /* as it was given */
    const char *baselines;    /* --baselines: what begins the paths of the headers there */
    const char *const *flags; /* the compiler's */
    int flag_count;
    const char *name;
    const struct annotation *library; /* its name, and its sonames as C strings */
    struct place place;
    bool is_wasm;        /* the library is a WebAssembly module */
    size_t pointer_size; /* the target's: 8 (x86-64 SysV) or 4 (RISC-V ILP32) */
    struct function *functions;
    struct callback *callbacks;
    struct kind *kinds;
    struct rule *rules;
};

/* A type that is passed by value: integers, floating numbers, bools and enums. */
bool is_number(const struct type *type);

/* Has the function a result that the host sees? */
bool function_has_result(const struct function *function);

/* Is the result returned in memory that the caller names (a hidden first argument)? */
bool function_returns_in_memory(const struct function *function);

/* Can the function be called in the caller's scope, on what is where the library can reach
 * it, in disciplines without such memory too: nothing but numbers, handles, callbacks? */
bool function_is_without_data(const struct function *function);

/* How many registers the argument of a callback takes. */
size_t callback_registers(const struct interface *interface, const struct parameter *parameter);

/* Does the library fill what the parameter points to: OG_OUT, OG_INOUT? */
bool is_filled(const struct parameter *parameter);

/* Is a value of the type laid out in a module as in the host? (No pointer and no long is.) */
bool is_same_in_module(const struct type *type);

/* What there is an array of, where a parameter points to the type: "unsigned char" for void. */
const char *element_of(const struct type *type);

const struct parameter *function_parameter(const struct function *function, const char *name);

/* Does an OG_GET of the parameter's name that field? */
bool parameter_gets(const struct parameter *parameter, const char *field);

#endif
