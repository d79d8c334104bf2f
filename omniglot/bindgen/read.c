/* Walks the declarations of an interface file. Only those in the file itself count: what it
 * includes is the library's header, against which the compiler checks them. */
#include "omniglot/bindgen/read.h"

#include "omniglot/bindgen/check.h"
#include "omniglot/bindgen/clash.h"
#include "omniglot/bindgen/compiled.h"
#include "omniglot/bindgen/expression.h"
#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/spelling.h"
#include "omniglot/bindgen/type.h"
#include <string.h>

/* An OG_FIELD, kept until every struct is known. */
struct addition {
    struct addition *next;
    const struct annotation *annotations; /* the first one is the OG_FIELD */
    size_t count;
};

struct reading {
    struct interface *interface;
    CXTranslationUnit unit;
    struct addition *additions;
    bool failed;
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

/* --- annotations --- */

struct annotating {
    struct annotation *annotations;
    size_t count;
    char where;
    bool failed;
    const char *file; /* annotations of other files' declarations are not ours */
};

static enum CXChildVisitResult read_annotation(CXCursor cursor, CXCursor parent, CXClientData data)
{
    struct annotating *annotating = data;
    (void)parent;
    if (clang_getCursorKind(cursor) != CXCursor_AnnotateAttr)
        return CXChildVisit_Continue;
    struct place place = place_of(cursor);
    if (strcmp(place.file, annotating->file) != 0)
        return CXChildVisit_Continue;
    struct annotation annotation;
    if (!annotation_parse(&annotation, type_string(clang_getCursorSpelling(cursor)),
                          annotating->where, place)) {
        annotating->failed = true;
        return CXChildVisit_Continue;
    }
    for (size_t i = 0; i < annotating->count; i++)
        if (annotating->annotations[i].name == annotation.name) {
            report(place, "%s is there twice", annotation_text(annotation.name));
            annotating->failed = true;
        }
    struct annotation *longer = memory_take((annotating->count + 1) * sizeof(*longer));
    if (annotating->count)
        memcpy(longer, annotating->annotations, annotating->count * sizeof(*longer));
    longer[annotating->count++] = annotation;
    annotating->annotations = longer;
    return CXChildVisit_Continue;
}

static struct annotating read_annotations(CXCursor cursor, char where)
{
    struct annotating annotating = {.where = where, .file = place_of(cursor).file};
    clang_visitChildren(cursor, read_annotation, &annotating);
    return annotating;
}

/* --- functions --- */

static bool has(const struct annotating *annotating, enum annotation_name name)
{
    for (size_t i = 0; i < annotating->count; i++)
        if (annotating->annotations[i].name == name)
            return true;
    return false;
}

static bool read_parameter(struct reading *reading, struct parameter *parameter, CXCursor cursor,
                           char where)
{
    struct annotating annotating = read_annotations(cursor, where);
    const char *name = type_string(clang_getCursorSpelling(cursor));
    *parameter =
        (struct parameter){.name = name,
                           .declared = name,
                           .type = type_read(reading->interface, clang_getCursorType(cursor)),
                           .place = place_of(cursor),
                           .annotations = annotating.annotations,
                           .annotation_count = annotating.count};
    return !annotating.failed;
}

/* Fills *function from its declaration. */
static bool read_signature(struct reading *reading, struct function *function, CXCursor cursor,
                           const struct annotating *annotating)
{
    bool is_callback = has(annotating, OG_CALLED_BACK);
    CXType type = clang_getCursorType(cursor);
    bool is_sound = !annotating->failed;
    *function =
        (struct function){.name = type_string(clang_getCursorSpelling(cursor)),
                          .place = place_of(cursor),
                          .result = type_read(reading->interface, clang_getResultType(type)),
                          .annotations = annotating->annotations,
                          .annotation_count = annotating->count};
    if (clang_isFunctionTypeVariadic(type) || type.kind == CXType_FunctionNoProto)
        return report(function->place,
                      "%s takes any number of arguments: nothing can carry those; leave it out, or "
                      "bind a function that takes a fixed number",
                      function->name);
    if (!is_callback &&
        clang_getCursorLinkage(clang_getCanonicalCursor(cursor)) == CXLinkage_Internal)
        return report(function->place,
                      "%s is static in its header: the library has no such function, and a program "
                      "calls the header's as it is",
                      function->name);
    if (clang_getFunctionTypeCallingConv(type) != CXCallingConv_C)
        return report(function->place,
                      "%s is called by another convention than the system's: leave it out",
                      function->name);
    const char *symbol = type_string(clang_Cursor_getMangling(cursor));
    if (!is_callback && *symbol && strcmp(symbol, function->name) != 0)
        return report(function->place,
                      "the library has %s by another name, '%s', which its header gives to the "
                      "compiler alone: declare and bind that",
                      function->name, symbol);
    int count = clang_Cursor_getNumArguments(cursor);
    function->count = count < 0 ? 0 : (size_t)count;
    function->parameters = memory_take((function->count + 1) * sizeof(*function->parameters));
    for (size_t i = 0; i < function->count; i++)
        is_sound = read_parameter(reading, &function->parameters[i],
                                  clang_Cursor_getArgument(cursor, (unsigned)i),
                                  is_callback ? 'C' : 'P') &&
                   is_sound;
    return is_sound;
}

static bool read_function(struct reading *reading, CXCursor cursor)
{
    struct interface *interface = reading->interface;
    struct annotating annotating = read_annotations(cursor, 'F');
    struct place first = place_of(clang_getCanonicalCursor(cursor));
    struct place place = place_of(cursor);
    bool is_declared = strcmp(first.file, place.file) != 0;
    const char *name = type_string(clang_getCursorSpelling(cursor));
    if (has(&annotating, OG_CALLED_BACK)) {
        struct callback *callback = memory_take(sizeof(*callback));
        if (is_declared)
            return report(place, "OG_CALLED_BACK: %s is a function of the library's", name);
        if (!read_signature(reading, &callback->shape, cursor, &annotating))
            return false;
        callback->canonical = type_returning(type_string(
            clang_getTypeSpelling(clang_getCanonicalType(clang_getCursorType(cursor)))));
        struct callback **end = &interface->callbacks;
        for (; *end; end = &(*end)->next)
            callback->number++;
        *end = callback;
        return true;
    }
    if (!is_declared &&
        is_in_source(reading->unit, interface->path, memory_format("OG_CALLBACK(%s)", name)))
        return report(
            place, "%s is the shape of a callback by OG_CALLBACK(%s): put OG_CALLED_BACK after it",
            name, name);
    if (!is_declared && !strncmp(name, "OG_", 3))
        return report(place, "%s is no annotation of omniglot/interface.h%s", name,
                      spelling_near(name, strlen(name))
                          ? memory_format("; %s is one", spelling_near(name, strlen(name)))
                          : "");
    if (!is_declared)
        return report(place,
                      "no header declares %s: include the library's, and check the spelling; the "
                      "shape of a callback has OG_CALLED_BACK after it",
                      name);
    struct function *function = memory_take(sizeof(*function));
    if (!read_signature(reading, function, cursor, &annotating))
        return false;
    struct function **end = &interface->functions;
    for (; *end; end = &(*end)->next)
        if (!strcmp((*end)->name, name))
            return report(place, "%s is there twice", name);
    *end = function;
    return true;
}

/* --- variables, which carry what is not about a function --- */

static bool read_variable(struct reading *reading, CXCursor cursor)
{
    struct interface *interface = reading->interface;
    struct annotating annotating = read_annotations(cursor, 'V');
    if (annotating.failed)
        return false;
    if (!annotating.count)
        return report(place_of(cursor), "a variable without an annotation means nothing here");
    const struct annotation *first = &annotating.annotations[0];
    struct addition *addition;
    switch (first->name) {
    case OG_LIBRARY:
        for (unsigned i = 1; i < first->count; i++)
            if (*first->arguments[i] != '"')
                return report(first->place, "OG_LIBRARY: %s is no string", first->arguments[i]);
        if (interface->name)
            return report(first->place, "OG_LIBRARY is there twice");
        interface->name = first->arguments[0];
        interface->library = first;
        interface->place = first->place;
        return true;
    case OG_VALIDATE: {
        type_read(interface, clang_getCursorType(cursor));
        struct rule *rule = type_rule(interface, first->arguments[0]);
        if (!rule)
            return report(first->place, "OG_VALIDATE(%s): neither a struct nor an enum",
                          first->arguments[0]);
        rule->is_asked_for = true;
        rule->place = first->place;
        return true;
    }
    case OG_FIELD:
        addition = memory_take(sizeof(*addition));
        *addition = (struct addition){reading->additions, annotating.annotations, annotating.count};
        reading->additions = addition;
        return true;
    default:
        return report(first->place, "%s means nothing here", annotation_text(first->name));
    }
}

static bool add_to_field(struct field *field, const struct addition *addition)
{
    field->place = addition->annotations[0].place;
    for (size_t i = 1; i < addition->count; i++) {
        const struct annotation *annotation = &addition->annotations[i];
        switch (annotation->name) {
        case OG_RANGE:
            field->low = annotation->arguments[0];
            field->high = annotation->arguments[1];
            break;
        case OG_IN:
            field->counted_by = annotation->arguments[0];
            break;
        case OG_OPAQUE:
            field->is_opaque = true;
            break;
        default:
            return report(annotation->place, "%s means nothing for a field",
                          annotation_text(annotation->name));
        }
    }
    return true;
}

/* Adds to the field of the type, however that is spelt where it is used. */
static bool add(const struct interface *interface, const struct addition *addition)
{
    const struct annotation *about = &addition->annotations[0];
    const struct rule *named = type_rule(interface, about->arguments[0]);
    bool is_there = false, is_sound = true;
    for (struct rule *rule = named ? interface->rules : NULL; rule; rule = rule->next)
        for (size_t i = 0; !strcmp(rule->declared, named->declared) && i < rule->count; i++)
            if (!rule->is_enum && !strcmp(rule->fields[i].name, about->arguments[1])) {
                is_there = true;
                is_sound = add_to_field(&rule->fields[i], addition) && is_sound;
            }
    return is_there ? is_sound
                    : report(about->place, "OG_FIELD: nothing here uses a %s with a field '%s'",
                             about->arguments[0], about->arguments[1]);
}

/* --- the file --- */

static enum CXChildVisitResult read_declaration(CXCursor cursor, CXCursor parent, CXClientData data)
{
    struct reading *reading = data;
    (void)parent;
    CXFile file;
    clang_getExpansionLocation(clang_getCursorLocation(cursor), &file, NULL, NULL, NULL);
    if (strcmp(type_string(clang_getFileName(file)), reading->interface->path) != 0)
        return CXChildVisit_Continue;
    switch (clang_getCursorKind(cursor)) {
    case CXCursor_FunctionDecl:
        reading->failed = !read_function(reading, cursor) || reading->failed;
        break;
    case CXCursor_VarDecl:
        reading->failed = !read_variable(reading, cursor) || reading->failed;
        break;
    default:
        break; /* types, which a file may need for its declarations */
    }
    return CXChildVisit_Continue;
}

static bool read_unit(struct interface *interface, CXTranslationUnit unit)
{
    struct reading reading = {.interface = interface, .unit = unit};
    if (!is_compiled(unit, interface->path))
        return false;
    CXTargetInfo target = clang_getTranslationUnitTargetInfo(unit);
    interface->pointer_size = (size_t)clang_TargetInfo_getPointerWidth(target) / 8;
    clang_TargetInfo_dispose(target);
    clang_visitChildren(clang_getTranslationUnitCursor(unit), read_declaration, &reading);
    if (!interface->name)
        return report((struct place){interface->path, 1, 1},
                      "no OG_LIBRARY(name, \"soname\") says which library this is about");
    for (const struct addition *addition = reading.additions; addition; addition = addition->next)
        reading.failed = !add(interface, addition) || reading.failed;
    return !reading.failed;
}

bool interface_read(struct interface *interface)
{
    const char *const *flags = interface->flags;
    const int flag_count = interface->flag_count;
    CXIndex index = clang_createIndex(0, 0);
    CXTranslationUnit unit = NULL;
    enum CXErrorCode failed = clang_parseTranslationUnit2(
        index, interface->path, flags, flag_count, NULL, 0,
        CXTranslationUnit_SkipFunctionBodies | CXTranslationUnit_DetailedPreprocessingRecord,
        &unit);
    bool is_sound = failed ? report((struct place){interface->path, 1, 1},
                                    "cannot be read as C (does it exist? can it be read?)")
                           : read_unit(interface, unit) && check_interface(interface) &&
                                 clash_check(interface, unit) &&
                                 expressions_check(interface, index, flags, flag_count);
    clang_disposeTranslationUnit(unit);
    clang_disposeIndex(index);
    return is_sound;
}
