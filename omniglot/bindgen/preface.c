/* See preface.h. */
#include "omniglot/bindgen/preface.h"

#include "omniglot/bindgen/emit.h"

static void put_example(const struct interface *interface, const char *options)
{
    put(" *\n"
        " *     struct $library $library = {0};\n"
        " *     struct og_fault fault;\n"
        " *     enum og_error error = $library_open(&$library, $options, &fault);\n"
        " *     if (!error)\n"
        " *         error = call_$first(&$library, ..., &fault);\n"
        " *     $library_close(&$library);\n"
        " *\n",
        "options", options, "first", interface->functions ? interface->functions->name : "NAME");
}

static void put_outputs(void)
{
    put(" * call_NAME takes data in the caller's memory. What the library put out is checked and\n"
        " * copied there: every output is the caller's, and means something after OG_OK alone.\n");
}

static void put_domain_errors(void)
{
    put(" *\n"
        " * OG_CONTRACT and OG_INVALID: the library gave what its interface rules out. "
        "OG_FAULTED,\n"
        " * OG_DEADLINE: it did not come back, and every call is OG_POISONED until\n"
        " * instance_reset(&$library.instance, &fault). omniglot/error.h explains the others. The\n"
        " * fault says what happened and where; it is never NULL.\n");
}

void preface_types(const struct interface *interface)
{
    (void)interface;
    put("layouts, and what bytes are a value of each type\n"
        " *\n"
        " * The compiler compares the layouts with those that og-bindgen saw. $library_rule_TYPE\n"
        " * is a rule for og_validate (omniglot/validate.h).\n");
}

void preface_og(const struct interface *interface)
{
    put("calls into a domain, whose memory is used in place\n");
    put_example(interface, "&options");
    put_outputs();
    put(" * invoke_NAME takes data that is in the domain already: og_alloc's, which lives as long\n"
        " * as its scope. What is there is the library's to write, and validated before use.\n");
    put_domain_errors();
}

void preface_copying(const struct interface *interface)
{
    put("calls into a domain, data copied in and out\n");
    put_example(interface, "&options");
    put_outputs();
    put(" * Arguments are copied into memory that the library's own allocator gives.\n");
    put_domain_errors();
}

void preface_raw(const struct interface *interface)
{
    put("plain calls\n");
    put_example(interface, "NULL");
    put(" * The library writes to the caller's memory itself, and nothing is checked. OG_NULL: a\n"
        " * handle is none. OG_NOT_FOUND: a function that is looked up by its name is not "
        "there.\n");
}

void preface_process(const struct interface *interface)
{
    put("calls of a worker process, the host's side\n");
    put_example(interface, "&options");
    put_outputs();
    put(" *\n"
        " * OG_CONTRACT: the worker gave what the interface rules out. OG_FAULTED, OG_DEADLINE: "
        "it\n"
        " * did not come back. instance_reset(&$library.instance, &fault) starts another one. The\n"
        " * others are process.h's. The fault says what happened; it is never NULL.\n");
}

void preface_worker(const struct interface *interface)
{
    (void)interface;
    put("calls of a worker process, the worker's side\n"
        " *\n"
        " * With the library and the worker of the baselines it makes the program that\n"
        " * $library_open of $library-process.h starts. Nothing that it answers is believed "
        "there.\n");
}

void preface_wasm(const struct interface *interface)
{
    put("calls of a WebAssembly module\n");
    put_example(interface, "NULL");
    put_outputs();
    put(" *\n"
        " * OG_CONTRACT and OG_INVALID: the module gave what its interface rules out. OG_FAULTED:\n"
        " * it trapped, and every call is OG_POISONED until\n"
        " * instance_reset(&$library.instance, &fault). The others are wasm.h's. The fault says\n"
        " * what happened; it is never NULL.\n");
}
