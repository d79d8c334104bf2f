/* See count.h. The expression is read as the compiler has understood it, macros and all. */
#include "omniglot/bindgen/count.h"

#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/type.h"
#include <ctype.h>
#include <string.h>

enum { PARTS = 4 }; /* of an expression: no more are looked at */

struct parts {
    CXCursor at[PARTS];
    unsigned count;
};

static enum CXChildVisitResult add_part(CXCursor cursor, CXCursor parent, CXClientData data)
{
    struct parts *parts = data;
    (void)parent;
    if (parts->count < PARTS)
        parts->at[parts->count++] = cursor;
    return CXChildVisit_Continue;
}

static struct parts parts_of(CXCursor expression)
{
    struct parts parts = {.count = 0};
    clang_visitChildren(expression, add_part, &parts);
    return parts;
}

/* Without its parentheses, and conversions that are not written. */
static CXCursor bare(CXCursor expression)
{
    for (;;) {
        enum CXCursorKind kind = clang_getCursorKind(expression);
        struct parts parts = parts_of(expression);
        if ((kind != CXCursor_ParenExpr && kind != CXCursor_UnexposedExpr) || parts.count != 1)
            return expression;
        expression = parts.at[0];
    }
}

/* The parameter that the expression names, or NULL. */
static const struct parameter *named(const struct count *count, CXCursor expression)
{
    CXCursor declaration = clang_getCursorReferenced(expression);
    if (clang_getCursorKind(expression) != CXCursor_DeclRefExpr ||
        clang_getCursorKind(declaration) != CXCursor_ParmDecl)
        return NULL;
    return function_parameter(count->function, type_string(clang_getCursorSpelling(declaration)));
}

static bool is_pointer(const struct parameter *parameter)
{
    return parameter->type->class == TYPE_POINTER || parameter->type->class == TYPE_FUNCTION;
}

/* --- what it names --- */

struct naming {
    const struct count *count;
    bool is_sound;
    bool names_any, names_pointer;
    bool names_length;           /* its own, of OG_LENGTH_OF */
    bool names_moving;           /* what can have another value after the call: a length, a field */
    unsigned pointers, followed; /* how often it names one, and follows it */
};

static bool refuse(const struct count *count, const struct parameter *named, const char *why)
{
    const struct annotation *annotation = count->annotation;
    return report(annotation->place, "%s(%s): '%s' %s", annotation_text(annotation->name),
                  annotation->arguments[0], named->name, why);
}

/* What a pointer points to is the host's, in every discipline, only where a number of its own
 * crosses in the library's stead. */
static bool may_name(const struct count *count, const struct parameter *parameter)
{
    if (parameter->type->class == TYPE_FLOATING)
        return refuse(count, parameter, "is no integer");
    if (!is_pointer(parameter))
        return true;
    switch (parameter->kind) {
    case LENGTH:
    case LEFT:
    case STRUCT:
    case OBJECT:
        return true;
    default:
        return refuse(
            count, parameter,
            count->is_callback
                ? "points to the library's memory: numbers count, and are arguments"
                : "points to the library's memory, as the library left it: numbers count, "
                  "an OG_LENGTH_OF, and fields of OG_FIELDS or of an object");
    }
}

static bool is_of_word(char character)
{
    return isalnum((unsigned char)character) || character == '_';
}

/* Is the name a word of the text? A macro may name it without saying so. */
static bool is_written(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at++)
        if ((at == text || !is_of_word(at[-1])) && !is_of_word(at[length]))
            return true;
    return false;
}

/* --- what it does --- */

/* What is called may do anything, once for each time that a stub evaluates the count. */
static bool is_known(CXCursor call)
{
    static const char *const builtins[] = {"abs",   "bswap",  "clz",      "constant_p",
                                           "ctz",   "expect", "ffs",      "labs",
                                           "llabs", "parity", "popcount", "clrsb"};
    const char *name = type_string(clang_getCursorSpelling(call));
    if (!strncmp(name, "og_saturated_", 13))
        return true;
    if (strncmp(name, "__builtin_", 10) != 0)
        return false;
    name += 10;
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        size_t length = strlen(builtins[i]);
        if (!strncmp(name, builtins[i], length) && !name[length + strspn(name + length, "l12346")])
            return true;
    }
    return false;
}

/* A count is of numbers: of what a pointer points to it reads what the parameter's name, followed
 * at once, says. */
static const struct parameter *followed(const struct count *count, CXCursor expression)
{
    enum CXCursorKind kind = clang_getCursorKind(expression);
    struct parts parts = parts_of(expression);
    if ((kind != CXCursor_UnaryOperator && kind != CXCursor_MemberRefExpr &&
         kind != CXCursor_ArraySubscriptExpr) ||
        !parts.count)
        return NULL;
    const struct parameter *parameter = named(count, bare(parts.at[0]));
    return parameter && is_pointer(parameter) ? parameter : NULL;
}

static bool is_zero(CXCursor expression)
{
    CXEvalResult result = clang_Cursor_Evaluate(expression);
    bool is_zero = result && clang_EvalResult_getKind(result) == CXEval_Int &&
                   !clang_EvalResult_getAsLongLong(result);
    clang_EvalResult_dispose(result);
    return is_zero;
}

/* Why the expression can be no part of a count, whatever is in it; NULL if it can. */
static const char *why_not(CXCursor expression)
{
    CXCursor declaration = clang_getCursorReferenced(expression);
    enum CXCursorKind kind = clang_getCursorKind(declaration);
    switch (clang_getCursorKind(expression)) {
    case CXCursor_CallExpr:
        return is_known(expression) ? NULL
                                    : "calls nothing but OG_SUM, OG_PRODUCT, OG_DIFFERENCE and "
                                      "builtins that compute, __builtin_popcount and the like";
    case CXCursor_DeclRefExpr:
        if (kind == CXCursor_VarDecl &&
            (clang_getCursorLinkage(declaration) != CXLinkage_Internal ||
             !clang_isConstQualifiedType(clang_getCursorType(expression))))
            return memory_format("is of parameters and constants: '%s' is a variable",
                                 type_string(clang_getCursorSpelling(declaration)));
        return NULL;
    case CXCursor_IntegerLiteral:
    case CXCursor_FloatingLiteral:
    case CXCursor_CharacterLiteral:
    case CXCursor_ParenExpr:
    case CXCursor_UnexposedExpr:
    case CXCursor_UnaryOperator:
    case CXCursor_BinaryOperator:
    case CXCursor_ConditionalOperator:
    case CXCursor_CStyleCastExpr:
    case CXCursor_MemberRefExpr:
    case CXCursor_ArraySubscriptExpr:
    case CXCursor_UnaryExpr:
    case CXCursor_GenericSelectionExpr:
        return NULL;
    default:
        return clang_isExpression(clang_getCursorKind(expression)) ||
                       clang_isStatement(clang_getCursorKind(expression))
                   ? "is an expression of numbers, without statements and structs"
                   : NULL;
    }
}

static bool refuse_count(const struct count *count, const char *why)
{
    return report(count->annotation->place, "%s(%s): a count %s",
                  annotation_text(count->annotation->name), count->annotation->arguments[0], why);
}

/* Does the library get the field, of a struct that it gets no more of than is said? */
static bool is_set(const struct count *count, const struct parameter *parameter, const char *field)
{
    for (unsigned i = 0; parameter->set && i < parameter->set->count; i++)
        if (!strcmp(parameter->set->arguments[i], field))
            return true;
    return report(count->annotation->place,
                  "%s(%s): the library is not told '%s' of '%s', and could not count by it: "
                  "OG_SET(%s) beside OG_FIELDS",
                  annotation_text(count->annotation->name), count->annotation->arguments[0], field,
                  parameter->declared, field);
}

/* What is wrong with how a pointer is used. */
static bool may_follow(const struct count *count, CXCursor expression)
{
    const struct parameter *parameter = followed(count, expression);
    struct parts parts = parts_of(expression);
    CXType type = clang_getCanonicalType(clang_getCursorType(expression));
    enum CXCursorKind kind = clang_getCursorKind(expression);
    bool is_implied = kind == CXCursor_UnexposedExpr || kind == CXCursor_ParenExpr;
    if (parameter && parameter->kind == STRUCT && kind == CXCursor_MemberRefExpr)
        return is_set(count, parameter, type_string(clang_getCursorSpelling(expression)));
    if (parameter && kind == CXCursor_ArraySubscriptExpr && !is_zero(parts.at[1]))
        return refuse_count(count, "reads one number behind a pointer, the first");
    if (type.kind == CXType_Pointer && !is_implied && !named(count, expression))
        return refuse_count(count, "follows no pointer but a parameter");
    return true;
}

static enum CXChildVisitResult find_names(CXCursor cursor, CXCursor parent, CXClientData data)
{
    struct naming *naming = data;
    const struct count *count = naming->count;
    (void)parent;
    if (clang_getCursorKind(cursor) == CXCursor_UnaryExpr) /* sizeof evaluates nothing */
        return CXChildVisit_Continue;
    const char *why = why_not(cursor);
    if (why)
        naming->is_sound = naming->is_sound && refuse_count(count, why);
    else
        naming->is_sound = naming->is_sound && may_follow(count, cursor);
    naming->followed += followed(count, cursor) != NULL;
    const struct parameter *parameter = named(count, cursor);
    if (parameter) {
        naming->names_any = true;
        naming->names_length = naming->names_length || parameter == count->parameter->length;
        if (!is_written(count->annotation->arguments[0], parameter->declared))
            ((struct parameter *)parameter)->hidden = count->annotation;
        naming->names_pointer = naming->names_pointer || is_pointer(parameter);
        naming->pointers += is_pointer(parameter);
        naming->names_moving = naming->names_moving || parameter->kind == LENGTH ||
                               (parameter->kind == LEFT && count->interface->callbacks);
        naming->is_sound = naming->is_sound && may_name(count, parameter);
    }
    if (clang_getCursorKind(cursor) == CXCursor_MemberRefExpr) {
        const char *field = type_string(clang_getCursorSpelling(cursor));
        bool is_any_got = count->interface->callbacks != NULL; /* by a call from a callback */
        for (size_t i = 0; i < count->function->count; i++)
            is_any_got = is_any_got || parameter_gets(&count->function->parameters[i], field);
        naming->names_moving = naming->names_moving || is_any_got;
    }
    return CXChildVisit_Recurse;
}

static struct naming names_of(const struct count *count, CXCursor expression)
{
    struct naming naming = {.count = count, .is_sound = true};
    find_names(expression, expression, &naming);
    if (clang_getCursorKind(expression) != CXCursor_UnaryExpr)
        clang_visitChildren(expression, find_names, &naming);
    return naming;
}

/* "*length": what it says after the call is checked to be no more than what the host has there,
 * which only a callback can have made more than before. */
static bool is_length(const struct count *count, CXCursor expression)
{
    expression = bare(expression);
    if (clang_getCursorKind(expression) != CXCursor_UnaryOperator)
        return false;
    struct parts parts = parts_of(expression);
    const struct parameter *parameter = parts.count ? named(count, bare(parts.at[0])) : NULL;
    return parameter && is_pointer(parameter);
}

/* --- arithmetic that does not wrap --- */

static bool is_exact(const struct count *count, CXCursor expression);

static bool is_integer(CXType type)
{
    CXType canonical = clang_getCanonicalType(type);
    return canonical.kind >= CXType_Bool && canonical.kind <= CXType_LongLong;
}

static bool is_floating(CXCursor expression)
{
    enum CXTypeKind kind = clang_getCanonicalType(clang_getCursorType(expression)).kind;
    return (kind >= CXType_Float && kind <= CXType_LongDouble) || kind == CXType_Float128 ||
           kind == CXType_Float16;
}

static bool is_signed(CXCursor expression)
{
    enum CXTypeKind kind = clang_getCanonicalType(clang_getCursorType(bare(expression))).kind;
    return kind >= CXType_Char_S && kind <= CXType_LongLong;
}

/* To an integer at least as wide. */
static bool is_exact_cast(const struct count *count, CXCursor expression)
{
    struct parts parts = parts_of(expression);
    if (!parts.count)
        return false;
    CXCursor value = parts.at[parts.count - 1];
    CXType to = clang_getCursorType(expression), from = clang_getCursorType(bare(value));
    return is_integer(to) && clang_getCanonicalType(to).kind != CXType_Bool &&
           clang_Type_getSizeOf(to) >= clang_Type_getSizeOf(from) && is_exact(count, value);
}

/* OG_SUM, OG_PRODUCT, OG_DIFFERENCE; of this one, what is taken away cannot be negative. */
static bool is_exact_call(const struct count *count, CXCursor expression)
{
    struct parts parts = parts_of(expression);
    const char *name = type_string(clang_getCursorSpelling(expression));
    if (parts.count != 3 || strncmp(name, "og_saturated_", 13) != 0)
        return false;
    if (!strcmp(name, "og_saturated_difference") && is_signed(parts.at[2]) &&
        names_of(count, parts.at[2]).names_any)
        return false;
    return is_exact(count, parts.at[1]) && is_exact(count, parts.at[2]);
}

static bool is_exact(const struct count *count, CXCursor expression)
{
    expression = bare(expression);
    if (!names_of(count, expression).names_any)
        return true;
    struct parts parts = parts_of(expression);
    switch (clang_getCursorKind(expression)) {
    case CXCursor_DeclRefExpr:
        return true;
    case CXCursor_MemberRefExpr:
        return parts.count == 1 && !is_floating(expression) && is_exact(count, parts.at[0]);
    case CXCursor_ArraySubscriptExpr:
        return parts.count == 2 && is_exact(count, parts.at[0]) &&
               !names_of(count, parts.at[1]).names_any;
    case CXCursor_UnaryOperator:
        return is_length(count, expression);
    case CXCursor_CStyleCastExpr:
        return is_exact_cast(count, expression);
    case CXCursor_CallExpr:
        return is_exact_call(count, expression);
    default:
        return false;
    }
}

bool count_check(const struct count *count, CXCursor expression)
{
    const struct annotation *annotation = count->annotation;
    struct naming naming = names_of(count, expression);
    if (!naming.is_sound)
        return false;
    if (naming.pointers != naming.followed)
        return refuse_count(count, "is no pointer: what it points to counts");
    const struct parameter *length = count->parameter->length;
    if (length && count->parameter->kind == OUT && !naming.names_length)
        return report(
            annotation->place,
            "%s(%s): '%s' is OG_LENGTH_OF(%s), and does not count it: *%s, or OG_INOUT(1) "
            "for '%s'",
            annotation_text(annotation->name), annotation->arguments[0], length->declared,
            count->parameter->declared, length->declared, length->declared);
    if ((count->is_callback || naming.names_pointer) && !is_exact(count, expression))
        return report(annotation->place,
                      "%s(%s): the library has a say in what this counts, and it may wrap: "
                      "OG_SUM, OG_PRODUCT and OG_DIFFERENCE (of unsigned numbers) do not",
                      annotation_text(annotation->name), annotation->arguments[0]);
    count->parameter->is_moving = is_filled(count->parameter) && naming.names_moving &&
                                  (count->interface->callbacks || !is_length(count, expression));
    return true;
}
