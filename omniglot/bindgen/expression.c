/* Writes each expression into a function of its own, one a line, behind the interface file,
 * and has the whole compiled: what is wrong in a line is wrong with its expression. */
#include "omniglot/bindgen/expression.h"

#include "omniglot/bindgen/count.h"
#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/type.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct checked {
    struct place place;
    const char *text;   /* "OG_IN(inlen)" */
    const char *claim;  /* of a line that asserts something: what is wrong where it does not hold */
    struct count count; /* what it is a count of, if it is one */
};

struct checking {
    FILE *source;
    struct checked *lines; /* the first one is line 2 */
    size_t count, capacity;
};

/* Begins a line whose errors are about `text` at `place`. With a claim, it is the only one: what
 * else there is to say was said of another line. */
static void begin(struct checking *checking, struct place place, const char *text,
                  const char *claim)
{
    if (checking->count == checking->capacity) {
        size_t capacity = 2 * checking->capacity + 64;
        struct checked *longer = memory_take(capacity * sizeof(*longer));
        if (checking->count)
            memcpy(longer, checking->lines, checking->count * sizeof(*longer));
        checking->lines = longer;
        checking->capacity = capacity;
    }
    checking->lines[checking->count++] =
        (struct checked){.place = place, .text = text, .claim = claim};
    fprintf(checking->source, "static inline void og_check_%zu(", checking->count);
}

/* Nothing that they name can be changed: stubs write a count more than once, and evaluate each. */
static void put_parameters(struct checking *checking, const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct type *type = function->parameters[i].type;
        bool is_pointer = type->class == TYPE_POINTER;
        fprintf(checking->source, "%s__typeof__(%s) const %s%s", i ? ", " : "",
                is_pointer ? type->pointee->spelling : type->spelling, is_pointer ? "*const " : "",
                function->parameters[i].name);
    }
    if (!function->count)
        fprintf(checking->source, "void");
    fprintf(checking->source, ")");
}

/* A line break in an expression would make two lines of one. */
static const char *in_one_line(const char *text)
{
    char *copy = (char *)memory_copy(text, strlen(text));
    for (char *at = copy; *at; at++)
        if (*at == '\n' || *at == '\r')
            *at = ' ';
    return copy;
}

static void put_count(struct checking *checking, const struct count *count)
{
    const struct annotation *annotation = count->annotation;
    const char *expression = in_one_line(annotation->arguments[0]);
    const char *text = memory_format("%s(%s)", annotation_text(annotation->name), expression);
    begin(checking, annotation->place, text, NULL);
    checking->lines[checking->count - 1].count = *count;
    put_parameters(checking, count->function);
    fprintf(checking->source, " { __SIZE_TYPE__ og_check_it = (%s); (void)og_check_it; }\n",
            expression);
    begin(checking, annotation->place, text, "a count is not negative");
    put_parameters(checking, count->function);
    fprintf(
        checking->source,
        " { _Static_assert(__builtin_choose_expr(__builtin_constant_p(%s), (%s), 0) >= 0, \"\"); "
        "}\n",
        expression, expression);
}

static void put_constant(struct checking *checking, struct place place, const char *name,
                         const char *expression)
{
    expression = in_one_line(expression);
    begin(checking, place, memory_format("%s(%s)", name, expression), NULL);
    fprintf(checking->source, "void) { switch (0LL) { case (%s):; } }\n", expression);
}

static void put_constants(struct checking *checking, const struct annotation *annotation)
{
    for (unsigned i = 0; annotation && i < annotation->count; i++)
        put_constant(checking, annotation->place, annotation_text(annotation->name),
                     annotation->arguments[i]);
}

/* The value is one of the type. */
static void put_fits(struct checking *checking, struct place place, const char *name,
                     const char *value, const struct type *type)
{
    value = in_one_line(value);
    begin(checking, place, memory_format("%s(%s)", name, value),
          memory_format("%s is no %s", value, type->spelling));
    fprintf(checking->source, "void) { _Static_assert((%s)(%s) == (%s), \"\"); }\n", type->spelling,
            value, value);
}

static void put_results(struct checking *checking, const struct function *function,
                        const struct annotation *values)
{
    for (unsigned i = 0; values && i < values->count; i++)
        put_fits(checking, values->place, annotation_text(values->name), values->arguments[i],
                 function->result);
}

/* The lower limit of a range is no more than the upper one, whatever signs their types have. */
static void put_range(struct checking *checking, struct place place, const char *low,
                      const char *high, const struct type *type)
{
    put_constant(checking, place, "OG_RANGE", low);
    put_constant(checking, place, "OG_RANGE", high);
    put_fits(checking, place, "OG_RANGE", low, type);
    put_fits(checking, place, "OG_RANGE", high, type);
    low = in_one_line(low);
    high = in_one_line(high);
    begin(checking, place, memory_format("OG_RANGE(%s, %s)", low, high),
          "no number is in it: the lower limit comes first");
    fprintf(checking->source,
            "void) { _Static_assert(((%s) < 0 && (%s) >= 0) || ((%s) <= (%s) && ((%s) >= 0 || (%s) "
            "< 0)), \"\"); }\n",
            low, high, low, high, high, low);
}

/* Each of OG_SUCCESS is among what the function returns, where that is said. */
static void put_successes(struct checking *checking, const struct function *function)
{
    const struct annotation *success = function->success, *returns = function->returns;
    const struct annotation *range = returns ? NULL : function->range;
    const struct rule *rule = function->result->class == TYPE_ENUM ? function->result->rule : NULL;
    size_t count = returns ? returns->count : rule ? rule->count : 0;
    for (unsigned i = 0; success && (range || count) && i < success->count; i++) {
        const char *value = in_one_line(success->arguments[i]);
        const char *among = returns ? "OG_RETURNS" : range ? "OG_RANGE" : rule->spelling;
        begin(checking, success->place, memory_format("OG_SUCCESS(%s)", value),
              memory_format("%s does not have it among what the function returns", among));
        fprintf(checking->source, "void) { _Static_assert(");
        if (range)
            fprintf(checking->source, "(%s) >= (%s) && (%s) <= (%s)", value,
                    in_one_line(range->arguments[0]), value, in_one_line(range->arguments[1]));
        for (size_t j = 0; !range && j < count; j++)
            fprintf(checking->source, "%s(%s) == (%s)", j ? " || " : "", value,
                    in_one_line(returns ? returns->arguments[j] : rule->names[j]));
        fprintf(checking->source, ", \"\"); }\n");
    }
}

static void put_function(struct checking *checking, const struct interface *interface,
                         const struct function *function, bool is_callback)
{
    put_constants(checking, function->returns);
    put_constants(checking, function->success);
    put_results(checking, function, function->returns);
    put_results(checking, function, function->success);
    put_successes(checking, function);
    if (function->range)
        put_range(checking, function->range->place, function->range->arguments[0],
                  function->range->arguments[1], function->result);
    for (size_t i = 0; i < function->count; i++) {
        struct parameter *parameter = &function->parameters[i];
        for (size_t j = 0; j < parameter->annotation_count; j++) {
            const struct annotation *annotation = &parameter->annotations[j];
            if (annotation->name == OG_IN || annotation->name == OG_OUT ||
                annotation->name == OG_INOUT)
                put_count(checking,
                          &(struct count){interface, function, parameter, annotation, is_callback});
            else if (annotation->name == OG_RANGE)
                put_range(checking, annotation->place, annotation->arguments[0],
                          annotation->arguments[1],
                          is_filled(parameter) ? parameter->type->pointee : parameter->type);
        }
    }
}

static bool report_line(const struct checked *line, const char *message)
{
    if (!strncmp(message, "cannot assign to ", 17) || !strncmp(message, "read-only variable ", 19))
        return report(line->place, "%s: a count changes nothing: stubs evaluate it again and again",
                      line->text);
    if (!line->claim)
        return report(line->place, "%s: %s", line->text, message);
    /* "static_assert failed", or as later versions say, "static assertion failed". Where it is
     * none, there is nothing to know in advance. */
    return !strncmp(message, "static", 6) && strstr(message, "failed")
               ? report(line->place, "%s: %s", line->text, line->claim)
               : true;
}

/* Reports what the compiler says about the lines. */
static bool are_compiled(const struct checking *checking, CXTranslationUnit unit, const char *file)
{
    bool is_sound = true;
    for (unsigned i = 0; i < clang_getNumDiagnostics(unit); i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);
        CXFile where;
        unsigned line;
        clang_getExpansionLocation(clang_getDiagnosticLocation(diagnostic), &where, &line, NULL,
                                   NULL);
        bool is_here = where && !strcmp(type_string(clang_getFileName(where)), file);
        if (clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error && is_here && line >= 2 &&
            line - 2 < checking->count)
            is_sound = report_line(&checking->lines[line - 2],
                                   type_string(clang_getDiagnosticSpelling(diagnostic))) &&
                       is_sound;
        clang_disposeDiagnostic(diagnostic);
    }
    return is_sound;
}

/* --- counts, once all is compiled --- */

struct measuring {
    const struct checking *checking;
    bool is_sound;
};

/* The function of a line has one variable, of which the expression is the initializer: the last
 * thing in it, and looked at before what is in that. */
static enum CXChildVisitResult find_expression(CXCursor cursor, CXCursor parent, CXClientData data)
{
    CXCursor *found = data;
    (void)parent;
    if (clang_isExpression(clang_getCursorKind(cursor))) {
        *found = cursor;
        return CXChildVisit_Break;
    }
    return clang_getCursorKind(cursor) == CXCursor_ParmDecl ? CXChildVisit_Continue
                                                            : CXChildVisit_Recurse;
}

static enum CXChildVisitResult measure(CXCursor cursor, CXCursor parent, CXClientData data)
{
    struct measuring *measuring = data;
    const struct checking *checking = measuring->checking;
    const char *name = type_string(clang_getCursorSpelling(cursor));
    (void)parent;
    if (strncmp(name, "og_check_", 9) != 0)
        return CXChildVisit_Continue;
    size_t number = strtoul(name + 9, NULL, 10);
    if (!number || number > checking->count || !checking->lines[number - 1].count.parameter)
        return CXChildVisit_Continue;
    CXCursor expression = clang_getNullCursor();
    clang_visitChildren(cursor, find_expression, &expression);
    measuring->is_sound =
        count_check(&checking->lines[number - 1].count, expression) && measuring->is_sound;
    return CXChildVisit_Continue;
}

static bool are_measured(const struct checking *checking, CXTranslationUnit unit)
{
    struct measuring measuring = {.checking = checking, .is_sound = true};
    clang_visitChildren(clang_getTranslationUnitCursor(unit), measure, &measuring);
    return measuring.is_sound;
}

/* Compiles `source` with the flags. No pointer is a count; and no array that is as long as
 * something says, in a system's macro neither, for a sizeof of one is computed: where it is there
 * it names what counts, and may wrap, where count.c looks for neither. */
static bool compile(const struct interface *interface, const struct checking *checking,
                    CXIndex index, const char *const *flags, int flag_count, const char *source,
                    size_t length)
{
    const char *file = memory_format("%s.check.c", interface->path);
    struct CXUnsavedFile unsaved = {file, source, length};
    static const char *const own[] = {"-Werror=int-conversion",
                                      "-Werror=implicit-function-declaration", "-Werror=vla",
                                      "-Wsystem-headers", "-ferror-limit=0"};
    enum { OWN = sizeof(own) / sizeof(own[0]) };
    const char **all = memory_take(((size_t)flag_count + OWN) * sizeof(*all));
    for (int i = 0; i < flag_count; i++)
        all[i] = flags[i];
    for (int i = 0; i < OWN; i++)
        all[flag_count + i] = own[i];
    CXTranslationUnit unit = NULL;
    if (clang_parseTranslationUnit2(index, file, all, flag_count + OWN, &unsaved, 1,
                                    CXTranslationUnit_None, &unit))
        return report(interface->place, "the compiler failed on the file's expressions");
    bool is_sound = are_compiled(checking, unit, file) && are_measured(checking, unit);
    clang_disposeTranslationUnit(unit);
    return is_sound;
}

bool expressions_check(const struct interface *interface, CXIndex index, const char *const *flags,
                       int flag_count)
{
    char *source = NULL;
    size_t length = 0;
    struct checking checking = {.source = open_memstream(&source, &length)};
    if (!checking.source)
        memory_is_used_up();
    const char *base = strrchr(interface->path, '/');
    fprintf(checking.source, "#include \"%s\"\n", base ? base + 1 : interface->path);
    for (const struct function *function = interface->functions; function;
         function = function->next)
        put_function(&checking, interface, function, false);
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next)
        put_function(&checking, interface, &callback->shape, true);
    for (const struct rule *rule = interface->rules; rule; rule = rule->next)
        for (size_t i = 0; !rule->is_enum && i < rule->count; i++)
            if (rule->fields[i].low)
                put_range(&checking, rule->fields[i].place, rule->fields[i].low,
                          rule->fields[i].high, rule->fields[i].type);
    bool is_whole = !ferror(checking.source);
    if (fclose(checking.source) || !is_whole) /* a line that is missing would not be checked */
        memory_is_used_up();
    bool is_sound = compile(interface, &checking, index, flags, flag_count, source, length);
    free(source);
    return is_sound;
}
