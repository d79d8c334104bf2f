/* og-bindgen: reads a library's interface file and writes the stubs by which it is called in a
 * domain, and, for what Omniglot is compared with, those of the other disciplines.
 *
 *   og-bindgen [--output DIRECTORY] INTERFACE [-- COMPILER-FLAGS...]
 *   og-bindgen --baselines FOLDER [--wasm] [--output DIRECTORY] INTERFACE [-- COMPILER-FLAGS...]
 *   og-bindgen --list INTERFACE [-- COMPILER-FLAGS...]
 *
 * INTERFACE is what the generated files include, so name it as the compiler will find it. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/preface.h"
#include "omniglot/bindgen/read.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: og-bindgen [OPTION]... INTERFACE [-- COMPILER-FLAGS...]\n"
    "Writes NAME-og.h, which a program includes to call the library in a domain, and "
    "NAME-types.h,\n"
    "which that includes. INTERFACE describes the library (omniglot/interface.h); the flags find\n"
    "what it includes: -I and omniglot/include, at least.\n"
    "  --output DIRECTORY  where to; the current one unless said otherwise\n"
    "  --list              print what would be bound, and write nothing\n"
    "  --baselines FOLDER  write the calls through what Omniglot is compared with, too: "
    "NAME-raw.h,\n"
    "                      NAME-copying.h, NAME-process.h and NAME-worker.c, which include\n"
    "                      FOLDER/raw/stubs.h and so on\n"
    "  --wasm              with --baselines: NAME-wasm.h instead of all others: calls of the\n"
    "                      library as a WebAssembly module, whose layouts are those of\n"
    "                      --target=wasm32-wasi\n"
    "  --help              this\n";

struct options {
    const char *directory, *interface, *baselines;
    bool is_list, is_wasm;
    const char *const *flags;
    int flag_count;
};

/* Returns 0 to go on, or what to exit with, plus one. */
static int parse_options(struct options *options, int count, char **arguments)
{
    *options = (struct options){.directory = "."};
    for (int i = 1; i < count; i++) {
        const char *argument = arguments[i];
        if (!strcmp(argument, "--")) {
            options->flags = (const char *const *)&arguments[i + 1];
            options->flag_count = count - i - 1;
            break;
        }
        if (!strcmp(argument, "--help")) {
            fputs(usage, stdout);
            return 1;
        }
        if (!strcmp(argument, "--list")) {
            options->is_list = true;
        } else if (!strcmp(argument, "--wasm")) {
            options->is_wasm = true;
        } else if (!strcmp(argument, "--output") && i + 1 < count) {
            options->directory = arguments[++i];
        } else if (!strcmp(argument, "--baselines") && i + 1 < count) {
            options->baselines = arguments[++i];
        } else if (*argument != '-' && !options->interface) {
            options->interface = argument;
        } else {
            fprintf(stderr, "og-bindgen: %s: %s\n%s", argument,
                    *argument == '-' ? "no such option, or it lacks its value"
                                     : "one interface file at a time",
                    usage);
            return 3;
        }
    }
    const char *lacking = !options->interface ? "no interface file"
                          : options->is_wasm && !options->is_list && !options->baselines
                              ? "--wasm needs --baselines"
                              : NULL;
    if (!lacking)
        return 0;
    fprintf(stderr, "og-bindgen: %s\n%s", lacking, usage);
    return 3;
}

static void list(const struct interface *interface)
{
    printf("%s", interface->name);
    for (unsigned i = 1; i < interface->library->count; i++)
        printf(" %s", interface->library->arguments[i]);
    printf("\n");
    for (const struct function *function = interface->functions; function;
         function = function->next)
        printf("  function %s, %zu parameters, line %u\n", function->name, function->count,
               function->place.line);
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next)
        printf("  callback %s, line %u\n", callback->shape.name, callback->shape.place.line);
    for (const struct kind *kind = interface->kinds; kind; kind = kind->next)
        printf("  %s %s (%s)\n", kind->is_object ? "object" : "handle", kind->name,
               kind->pointee->spelling);
    for (const struct rule *rule = interface->rules; rule; rule = rule->next)
        if (rule->is_used)
            printf("  validated %s\n", rule->spelling);
}

static bool write_wasm(struct interface *interface, const char *directory)
{
    return emit_file(interface, directory, "wasm.h", preface_wasm, emit_wasm);
}

static bool write_domain(struct interface *interface, const char *directory)
{
    return emit_file(interface, directory, "types.h", preface_types, emit_types) &&
           emit_file(interface, directory, "og.h", preface_og, emit_og);
}

static bool write_baselines(struct interface *interface, const char *directory)
{
    return emit_file(interface, directory, "raw.h", preface_raw, emit_raw) &&
           emit_file(interface, directory, "copying.h", preface_copying, emit_copying) &&
           emit_file(interface, directory, "process.h", preface_process, emit_process) &&
           emit_file(interface, directory, "worker.c", preface_worker, emit_worker);
}

int main(int count, char **arguments)
{
    struct options options;
    int ended = parse_options(&options, count, arguments);
    if (ended)
        return ended - 1;
    struct interface interface = {.path = options.interface,
                                  .baselines = options.baselines,
                                  .is_wasm = options.is_wasm,
                                  .flags = options.flags,
                                  .flag_count = options.flag_count};
    bool done = interface_read(&interface);
    if (done && options.is_list)
        list(&interface);
    else if (done && options.is_wasm)
        done = write_wasm(&interface, options.directory);
    else if (done)
        done = write_domain(&interface, options.directory) &&
               (!options.baselines || write_baselines(&interface, options.directory));
    memory_free();
    return done ? 0 : 1;
}
