/* All that generated files define begins with the library's name, call_, invoke_ or validate_; or
 * with og_, which is Omniglot's. */
#include "omniglot/bindgen/clash.h"

#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/type.h"
#include <string.h>

/* A name that is there already, or that has been looked at. */
struct named {
    struct named *next;
    const char *text;
    bool is_tag, is_macro;
    const char *maker; /* of one that the generated files define: what asks for it */
    struct place place;
};

static struct place place_of(CXCursor cursor)
{
    CXFile file;
    struct place place;
    clang_getExpansionLocation(clang_getCursorLocation(cursor), &file, &place.line, &place.column,
                               NULL);
    place.file = type_string(clang_getFileName(file));
    return place;
}

/* --- what is there --- */

static enum CXChildVisitResult add(CXCursor cursor, CXCursor parent, CXClientData data)
{
    struct named **names = data;
    enum CXCursorKind kind = clang_getCursorKind(cursor);
    bool is_tag =
        kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl || kind == CXCursor_EnumDecl;
    (void)parent;
    if (!is_tag && kind != CXCursor_FunctionDecl && kind != CXCursor_VarDecl &&
        kind != CXCursor_TypedefDecl && kind != CXCursor_EnumConstantDecl &&
        kind != CXCursor_MacroDefinition)
        return CXChildVisit_Continue;
    struct named *named = memory_take(sizeof(*named));
    *named = (struct named){.next = *names,
                            .text = type_string(clang_getCursorSpelling(cursor)),
                            .is_tag = is_tag,
                            .is_macro = kind == CXCursor_MacroDefinition,
                            .place = place_of(cursor)};
    *names = named;
    return kind == CXCursor_EnumDecl ? CXChildVisit_Recurse : CXChildVisit_Continue;
}

/* --- what is to be there --- */

struct checking {
    struct named *names;
    bool is_sound;
};

/* The place of a macro that nothing included defines is no file's. */
static const char *where(const struct named *named)
{
    return *named->place.file ? memory_format("%s:%u", named->place.file, named->place.line)
                              : "the compiler";
}

/* `maker`, at `place`, makes the generated files define the name. */
static void define(struct checking *checking, bool is_tag, const char *text, const char *maker,
                   struct place place, const char *advice)
{
    const char *kind = is_tag ? "struct " : "";
    for (const struct named *named = checking->names; named; named = named->next) {
        if (strcmp(named->text, text) != 0 || (named->is_tag != is_tag && !named->is_macro))
            continue;
        if (named->maker)
            checking->is_sound =
                report(place, "%s makes the stubs define '%s%s', and so does %s (%s): %s", maker,
                       kind, text, named->maker, where(named), advice);
        else
            checking->is_sound =
                report(place, "%s makes the stubs define '%s%s', which is something else in %s: %s",
                       maker, kind, text, where(named), advice);
        return;
    }
    struct named *named = memory_take(sizeof(*named));
    *named = (struct named){checking->names, text, is_tag, false, maker, place};
    checking->names = named;
}

static const char other_library[] = "give OG_LIBRARY another name, which is the stubs' alone";

static void define_library(struct checking *checking, const struct interface *interface)
{
    const char *name = interface->name;
    const char *maker = memory_format("OG_LIBRARY(%s)", name);
    static const char *const endings[] = {"", "_open", "_open_from", "_close", "_bind", "_module"};
    define(checking, true, name, maker, interface->place, other_library);
    define(checking, false, memory_format("wasm_module_%s", name), maker, interface->place,
           other_library);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        define(checking, false, memory_format("%s%s", name, endings[i]), maker, interface->place,
               other_library);
}

static void define_rule(struct checking *checking, const struct interface *interface,
                        const struct rule *rule)
{
    static const char *const parts[] = {"rule", "fields", "values", "solid"};
    const char *maker = rule->spelling;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        define(checking, false,
               memory_format("%s_%s_%s", interface->name, parts[i], rule->identifier), maker,
               interface->place, other_library);
    if (rule->is_asked_for)
        define(checking, false, memory_format("validate_%s", rule->identifier),
               memory_format("OG_VALIDATE(%s)", rule->spelling), rule->place,
               "leave it out, or ask for a typedef of the type");
}

static void define_callback(struct checking *checking, const struct interface *interface,
                            const struct function *shape)
{
    static const char *const parts[] = {"open", "close", "entered"};
    static const char advice[] = "give the shape another name";
    define(checking, true, memory_format("%s_%s", interface->name, shape->name), shape->name,
           shape->place, advice);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        define(checking, false, memory_format("%s_%s_%s", interface->name, shape->name, parts[i]),
               shape->name, shape->place, advice);
}

static void define_function(struct checking *checking, const struct interface *interface,
                            const struct function *function)
{
    static const char advice[] = "no stub can have that name; leave the function out";
    define(checking, false, memory_format("call_%s", function->name), function->name,
           function->place, advice);
    define(checking, false, memory_format("invoke_%s", function->name), function->name,
           function->place, advice);
    define(checking, false, memory_format("%s_number_of_%s", interface->name, function->name),
           function->name, function->place, other_library);
    for (size_t i = 0; i < function->count; i++)
        if (is_filled(&function->parameters[i]) && function->parameters[i].low)
            define(checking, false,
                   memory_format("%s_rule_%s_%s", interface->name, function->name,
                                 function->parameters[i].declared),
                   function->name, function->place, other_library);
}

bool clash_check(const struct interface *interface, CXTranslationUnit unit)
{
    struct checking checking = {.is_sound = true};
    clang_visitChildren(clang_getTranslationUnitCursor(unit), add, &checking.names);
    define_library(&checking, interface);
    define(&checking, false, memory_format("%s_rule_bool", interface->name), "bool",
           interface->place, other_library);
    for (const struct rule *rule = interface->rules; rule; rule = rule->next)
        if (rule->is_used)
            define_rule(&checking, interface, rule);
    for (const struct kind *kind = interface->kinds; kind; kind = kind->next)
        define(&checking, true, memory_format("%s_%s", interface->name, kind->name),
               memory_format("the kind %s", kind->name), kind->place, "give the kind another name");
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next)
        define_callback(&checking, interface, &callback->shape);
    for (const struct function *function = interface->functions; function;
         function = function->next)
        define_function(&checking, interface, function);
    return checking.is_sound;
}
