/* Classes, layouts and rules of C types. Structs are looked into once, when first met. */
#include "omniglot/bindgen/type.h"

#include "omniglot/bindgen/memory.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *type_string(CXString string)
{
    const char *text = clang_getCString(string);
    const char *copy = memory_copy(text ? text : "", text ? strlen(text) : 0);
    clang_disposeString(string);
    return copy;
}

struct rule *type_rule(const struct interface *interface, const char *spelling)
{
    for (struct rule *rule = interface->rules; rule; rule = rule->next)
        if (!strcmp(rule->spelling, spelling))
            return rule;
    return NULL;
}

/* The type behind typedefs, one after another. */
static CXType behind_names(CXType type)
{
    for (;;) {
        if (type.kind == CXType_Typedef)
            type = clang_getTypedefDeclUnderlyingType(clang_getTypeDeclaration(type));
        else if (type.kind == CXType_Elaborated)
            type = clang_Type_getNamedType(type);
        else
            return type;
    }
}

const char *type_returning(const char *spelling)
{
    static const char attribute[] = " __attribute__((noreturn))";
    for (const char *at; (at = strstr(spelling, attribute)) != NULL;)
        spelling =
            memory_format("%.*s%s", (int)(at - spelling), spelling, at + sizeof(attribute) - 1);
    return spelling;
}

static const char *unqualified(CXType type)
{
    CXType canonical = clang_getCanonicalType(type);
    /* A struct without a tag is called "struct NAME" where its typedef has a pointer, too. */
    if ((canonical.kind == CXType_Record || canonical.kind == CXType_Enum) &&
        !*type_string(clang_getCursorSpelling(clang_getTypeDeclaration(canonical))))
        type = canonical;
    const char *spelling = type_string(clang_getTypeSpelling(type));
    if (clang_isConstQualifiedType(type) && !strncmp(spelling, "const ", 6))
        spelling += 6;
    return spelling;
}

/* "struct ubench_record" as part of a name. */
static const char *identifier_of(const char *spelling)
{
    char *identifier = (char *)memory_copy(spelling, strlen(spelling));
    for (char *at = identifier; *at; at++)
        if (!isalnum((unsigned char)*at))
            *at = '_';
    return identifier;
}

static enum type_class classify(CXType canonical)
{
    switch (canonical.kind) {
    case CXType_Void:
        return TYPE_VOID;
    case CXType_Bool:
        return TYPE_BOOL;
    case CXType_Char_U:
    case CXType_UChar:
    case CXType_UShort:
    case CXType_UInt:
    case CXType_ULong:
    case CXType_ULongLong:
    case CXType_Char_S:
    case CXType_SChar:
    case CXType_WChar:
    case CXType_Short:
    case CXType_Int:
    case CXType_Long:
    case CXType_LongLong:
        return TYPE_INTEGER;
    case CXType_Float:
    case CXType_Double:
        return TYPE_FLOATING;
    case CXType_Enum:
        return TYPE_ENUM;
    case CXType_Record:
        return clang_getTypeDeclaration(canonical).kind == CXCursor_UnionDecl ? TYPE_OTHER
                                                                              : TYPE_STRUCT;
    case CXType_Pointer: {
        CXType pointee = clang_getPointeeType(canonical);
        if (pointee.kind == CXType_FunctionProto || pointee.kind == CXType_FunctionNoProto)
            return TYPE_FUNCTION;
        return TYPE_POINTER;
    }
    case CXType_ConstantArray:
    case CXType_IncompleteArray:
    case CXType_VariableArray:
        return TYPE_POINTER; /* as a parameter */
    default:
        return TYPE_OTHER;
    }
}

static bool is_signed(CXType canonical)
{
    switch (canonical.kind) {
    case CXType_Char_S:
    case CXType_SChar:
    case CXType_WChar:
    case CXType_Short:
    case CXType_Int:
    case CXType_Long:
    case CXType_LongLong:
        return true;
    default:
        return false;
    }
}

static bool is_array(CXType type)
{
    return type.kind == CXType_ConstantArray || type.kind == CXType_IncompleteArray ||
           type.kind == CXType_VariableArray;
}

static const struct type *read_type(struct interface *interface, CXType clang_type, bool with_rule);

struct collecting {
    struct interface *interface;
    struct rule *rule;
    bool is_counting;
    long long base; /* where the struct without a name begins that the fields are in, in bits */
    bool is_in_union;
};

/* A struct or union without a name, whose fields are those of what it is in. */
static bool is_nameless(CXCursor field)
{
    CXType canonical = clang_getCanonicalType(clang_getCursorType(field));
    return canonical.kind == CXType_Record && !clang_Cursor_isBitField(field) &&
           !*type_string(clang_getCursorSpelling(field));
}

static enum CXChildVisitResult collect_enumerator(CXCursor cursor, CXCursor parent,
                                                  CXClientData data)
{
    struct collecting *collecting = data;
    (void)parent;
    if (clang_getCursorKind(cursor) != CXCursor_EnumConstantDecl)
        return CXChildVisit_Continue;
    if (!collecting->is_counting)
        collecting->rule->names[collecting->rule->count] =
            type_string(clang_getCursorSpelling(cursor));
    collecting->rule->count++;
    return CXChildVisit_Continue;
}

static enum CXVisitorResult collect_field(CXCursor cursor, CXClientData data)
{
    struct collecting *collecting = data;
    struct rule *rule = collecting->rule;
    long long offset = clang_Cursor_getOffsetOfField(cursor);
    if (is_nameless(cursor)) {
        CXType type = clang_getCanonicalType(clang_getCursorType(cursor));
        struct collecting within = *collecting;
        within.base += offset < 0 ? 0 : offset;
        within.is_in_union =
            within.is_in_union || clang_getTypeDeclaration(type).kind == CXCursor_UnionDecl;
        clang_Type_visitFields(type, collect_field, &within);
        return CXVisit_Continue;
    }
    if (!collecting->is_counting) {
        struct field *field = &rule->fields[rule->count];
        CXType type = clang_getCursorType(cursor);
        offset += offset < 0 ? 0 : collecting->base;
        *field = (struct field){.name = type_string(clang_getCursorSpelling(cursor)),
                                .offset = offset < 0 ? 0 : (size_t)offset / 8,
                                .count = 1,
                                .first = "",
                                .is_bits = clang_Cursor_isBitField(cursor) != 0,
                                .is_in_union = collecting->is_in_union};
        if (field->is_bits && *field->name && offset >= 0) {
            field->bit_offset = (size_t)offset;
            field->bit_count = (size_t)clang_getFieldDeclBitWidth(cursor);
        }
        while (is_array(behind_names(type))) {
            type = behind_names(type);
            long long length = clang_getArraySize(type);
            field->is_array = true;
            field->first = memory_format("%s[0]", field->first);
            field->count *= length < 0 ? 0 : (size_t)length;
            type = clang_getArrayElementType(type);
        }
        bool is_pointer = behind_names(type).kind == CXType_Pointer;
        field->type = read_type(collecting->interface, type, !is_pointer);
    }
    rule->count++;
    return CXVisit_Continue;
}

/* Appends the rule of an enum or struct; what its fields need goes before it. */
static const struct rule *new_rule(struct interface *interface, CXType canonical, struct type *type)
{
    const char *spelling = type->spelling;
    struct rule *rule = type_rule(interface, spelling);
    if (rule)
        return rule;
    CXCursor declaration = clang_getTypeDeclaration(canonical);
    rule = memory_take(sizeof(*rule));
    *rule = (struct rule){.is_enum = type->class == TYPE_ENUM,
                          .spelling = spelling,
                          .identifier = identifier_of(spelling),
                          .declared = type_string(clang_getCursorUSR(declaration)),
                          .size = type->size,
                          .alignment = type->alignment};
    struct collecting collecting = {.interface = interface, .rule = rule, .is_counting = true};
    if (rule->is_enum)
        clang_visitChildren(declaration, collect_enumerator, &collecting);
    else
        clang_Type_visitFields(canonical, collect_field, &collecting);
    rule->names = memory_take((rule->count + 1) * sizeof(*rule->names));
    rule->fields = memory_take((rule->count + 1) * sizeof(*rule->fields));
    rule->count = 0;
    collecting.is_counting = false;
    if (rule->is_enum)
        clang_visitChildren(declaration, collect_enumerator, &collecting);
    else
        clang_Type_visitFields(canonical, collect_field, &collecting);
    struct rule **end = &interface->rules;
    while (*end)
        end = &(*end)->next;
    *end = rule;
    return rule;
}

/* The type's name, so that what it is of can follow: "int (*)[3]" goes around it. */
static const char *in_front(const char *spelling)
{
    return strpbrk(spelling, "([") && strncmp(spelling, "__typeof__", 10) != 0
               ? memory_format("__typeof__(%s)", spelling)
               : spelling;
}

/* What a pointer, or an array, is of: an array in it is none of pointers. */
static const struct type *read_pointee(struct interface *interface, CXType type, bool with_rule)
{
    struct type *pointee = (struct type *)read_type(interface, type, with_rule);
    if (is_array(clang_getCanonicalType(type))) {
        pointee->class = TYPE_OTHER;
        pointee->spelling = in_front(type_string(clang_getTypeSpelling(type)));
    }
    return pointee;
}

/* An array, as a parameter is a pointer: how long it says that it is, a number or another
 * parameter, is said of nothing but the parameter itself. */
static void read_array(struct interface *interface, struct type *type, CXType array, bool with_rule)
{
    CXType element = clang_getArrayElementType(array);
    const char *spelling = type_returning(type_string(clang_getTypeSpelling(element)));
    type->pointee = read_pointee(interface, element, with_rule);
    type->spelling = memory_format("%s *", in_front(spelling));
}

/* `with_rule`: not for what a struct's fields point to, which may be the struct. */
static const struct type *read_type(struct interface *interface, CXType clang_type, bool with_rule)
{
    CXType canonical = clang_getCanonicalType(clang_type);
    CXType named = behind_names(clang_type);
    struct type *type = memory_take(sizeof(*type));
    long long size = clang_Type_getSizeOf(canonical);
    long long alignment = clang_Type_getAlignOf(canonical);
    const char *spelling = unqualified(clang_type);
    if (!strcmp(spelling, "_Bool")) /* which C++ may not know */
        spelling = "bool";
    *type = (struct type){.class = classify(canonical),
                          .spelling = type_returning(spelling),
                          .canonical = type_string(clang_getTypeSpelling(canonical)),
                          .is_const = clang_isConstQualifiedType(canonical) != 0,
                          .is_volatile = clang_isVolatileQualifiedType(canonical) != 0,
                          .is_respelt = strcmp(type_returning(spelling), spelling) != 0,
                          .is_complete = size >= 0,
                          .is_signed = is_signed(canonical),
                          .size = size < 0 ? 0 : (size_t)size,
                          .alignment = alignment < 0 ? 1 : (size_t)alignment};
    if (type->class == TYPE_POINTER)
        type->spelling = in_front(type->spelling);
    if (type->class == TYPE_POINTER && named.kind == CXType_Pointer)
        type->pointee = read_pointee(interface, clang_getPointeeType(named), with_rule);
    else if (type->class == TYPE_POINTER)
        read_array(interface, type, named, with_rule);
    else if (type->class == TYPE_FUNCTION)
        type->canonical =
            type_returning(type_string(clang_getTypeSpelling(clang_getPointeeType(canonical))));
    else if (with_rule &&
             ((type->class == TYPE_STRUCT && type->is_complete) || type->class == TYPE_ENUM))
        type->rule = new_rule(interface, canonical, type);
    return type;
}

const struct type *type_read(struct interface *interface, CXType type)
{
    return read_type(interface, type, true);
}

/* Numbers alone: nothing says what else is, behind a pointer or in a bit-field. */
bool type_is_plain_number(const struct type *type)
{
    return type->class == TYPE_INTEGER || type->class == TYPE_FLOATING;
}

bool type_is_aligned(const struct type *type, size_t offset)
{
    if (type->class != TYPE_STRUCT || !type->rule)
        return !type->size || offset % type->size == 0;
    for (size_t i = 0; i < type->rule->count; i++) {
        const struct field *field = &type->rule->fields[i];
        for (size_t j = 0; !field->is_bits && j < field->count; j++)
            if (!type_is_aligned(field->type, offset + field->offset + j * field->type->size))
                return false;
    }
    return true;
}

static bool has_no_name(const struct type *type)
{
    return (type->class == TYPE_STRUCT || type->class == TYPE_ENUM) &&
           strchr(type->spelling, '(') != NULL;
}

/* What is wrong with the field, to follow its name; NULL: its values are checked, or any is one. */
static const char *unchecked(const struct field *field)
{
    const struct type *type = field->type;
    if (field->is_in_union)
        return "is in a union without a name: nothing says which of several things it is";
    if (!field->count)
        return "is an array without a length";
    if (has_no_name(type))
        return "is of a type that has no name: give it one";
    if (field->is_bits && type->class == TYPE_ENUM)
        return "is a bit-field of an enum";
    if (type->class == TYPE_STRUCT && type->rule && type->rule->unchecked)
        return memory_format("has what nothing can check (%s)", type->rule->unchecked);
    if (field->is_opaque || field->counted_by)
        return NULL;
    if (type->class == TYPE_POINTER || type->class == TYPE_OTHER)
        return memory_format("(%s) needs an OG_FIELD that says what it points to, or OG_OPAQUE",
                             type->spelling);
    return NULL;
}

static void check_counter(struct rule *rule, struct field *field)
{
    if (strspn(field->counted_by, "0123456789"))
        return;
    for (size_t i = 0; i < rule->count; i++)
        if (!strcmp(rule->fields[i].name, field->counted_by))
            field->counter = &rule->fields[i];
    if (!field->counter || field->counter->type->class != TYPE_INTEGER ||
        field->counter->type->is_signed || field->counter->is_array || field->counter->is_bits)
        report(field->place, "OG_IN(%s): %s has no unsigned field of that name", field->counted_by,
               rule->spelling);
}

/* Does what OG_FIELD says of the field mean something for it? */
static void check_additions(struct rule *rule, struct field *field)
{
    const struct type *type = field->type;
    if (field->counted_by)
        check_counter(rule, field);
    if (field->low && type->class != TYPE_INTEGER)
        report(field->place, "OG_RANGE: the field '%s' is no integer", field->name);
    if (field->counted_by &&
        (type->class != TYPE_POINTER || field->is_array || !type->pointee->is_complete))
        report(field->place, "OG_IN: the field '%s' is no pointer to objects", field->name);
    else if (field->counted_by && type->pointee->class != TYPE_VOID &&
             !type_is_plain_number(type->pointee))
        report(field->place,
               "OG_IN: the field '%s' points to %s, of which nothing is checked: only numbers can "
               "be; OG_OPAQUE for others",
               field->name, type->pointee->spelling);
    if (field->is_opaque && type->class != TYPE_POINTER && type->class != TYPE_FUNCTION &&
        type->class != TYPE_OTHER)
        report(field->place, "OG_OPAQUE: the field '%s' (%s) is no pointer", field->name,
               type->spelling);
}

static void finish_field(struct rule *rule, struct field *field)
{
    const struct type *type = field->type;
    bool is_plain = (type->class == TYPE_INTEGER && !field->low) || type->class == TYPE_FLOATING ||
                    field->is_opaque || (field->is_bits && type->class != TYPE_ENUM) ||
                    (type->class == TYPE_STRUCT && type->rule && type->rule->is_plain);
    const char *why = unchecked(field);
    rule->is_plain = rule->is_plain && is_plain;
    rule->has_const = rule->has_const || type->is_const || (type->rule && type->rule->has_const);
    if (type->class == TYPE_POINTER || type->class == TYPE_FUNCTION || type->class == TYPE_OTHER ||
        (type->rule && type->rule->has_pointer))
        rule->has_pointer = true;
    rule->is_open = rule->is_open || !field->count || (type->rule && type->rule->is_open);
    if (why && !rule->unchecked)
        rule->unchecked = memory_format("the field '%s' %s", field->name, why);
    check_additions(rule, field);
    if (why && rule->is_asked_for)
        report(rule->place, "OG_VALIDATE(%s): the field '%s' %s", rule->spelling, field->name, why);
}

void type_finish_rules(struct interface *interface)
{
    for (struct rule *rule = interface->rules; rule; rule = rule->next) {
        rule->is_plain = !rule->is_enum;
        for (size_t i = 0; !rule->is_enum && i < rule->count; i++)
            finish_field(rule, &rule->fields[i]);
    }
}
