/* Clang sees what is left of annotations: of one that is misspelt, or that nothing defines, it says
 * that a parenthesis is missing. So the line is looked at, too. */
#include "omniglot/bindgen/compiled.h"

#include "omniglot/bindgen/include_path.h"
#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/report.h"
#include "omniglot/bindgen/spelling.h"
#include "omniglot/bindgen/type.h"
#include <string.h>

/* What is looked at, and the line that something was said of already: what else the compiler has
 * against it follows from that. */
struct compiled {
    CXTranslationUnit unit;
    const char *interface;
    const char *source;
    bool has_annotations; /* it includes interface.h */
    unsigned told;
};

static const char *source_of(CXTranslationUnit unit, const char *interface)
{
    size_t size = 0;
    CXFile file = clang_getFile(unit, interface);
    const char *text = file ? clang_getFileContents(unit, file, &size) : NULL;
    return text ? memory_copy(text, size) : "";
}

static const char *line_of(const struct compiled *compiled, unsigned line)
{
    const char *start = compiled->source;
    for (; line > 1 && *start; line--) {
        start += strcspn(start, "\n");
        start += *start == '\n';
    }
    return memory_copy(start, strcspn(start, "\n"));
}

static void find_annotations(CXFile file, CXSourceLocation *stack, unsigned depth,
                             CXClientData data)
{
    struct compiled *compiled = data;
    static const char header[] = "omniglot/interface.h";
    const char *name = type_string(clang_getFileName(file));
    size_t length = strlen(name), end = sizeof(header) - 1;
    (void)stack;
    (void)depth;
    if (length >= end && !strcmp(name + length - end, header))
        compiled->has_annotations = true;
}

/* A header that is missing: with the -I that finds it. */
static bool report_header(struct place place, const char *header, const char *interface)
{
    const char *folder = include_path_of(header, interface);
    return folder ? report(place, "'%s' not found: add -I%s after --", header, folder)
                  : report(place,
                           "'%s' not found: add -I and the folder that has it after --, or "
                           "install the package that brings it",
                           header);
}

/* If the error comes of an annotation that is none, reports that. */
static bool is_about_annotation(struct compiled *compiled, struct place place)
{
    size_t length;
    const char *line = line_of(compiled, place.line), *word = NULL;
    if (!compiled->has_annotations && (word = spelling_known(line, &length)) != NULL) {
        place.column = (unsigned)(word - line) + 1;
        report(place, "%.*s: put #include <omniglot/interface.h> before it", (int)length, word);
    } else if (compiled->has_annotations && (word = spelling_unknown(line, &length)) != NULL) {
        const char *near = spelling_near(word, length);
        place.column = (unsigned)(word - line) + 1;
        if (near)
            report(place, "%.*s is no annotation of omniglot/interface.h; %s is one", (int)length,
                   word, near);
        else
            report(place, "%.*s is no annotation of omniglot/interface.h", (int)length, word);
    } else if (compiled->has_annotations && (word = spelling_bare(line, &length)) != NULL) {
        place.column = (unsigned)(word - line) + 1;
        report(place, "%.*s without parentheses", (int)length, word);
    }
    return word != NULL;
}

static struct place place_of(CXDiagnostic diagnostic, const char *interface)
{
    CXFile file;
    struct place place = {.file = interface};
    clang_getExpansionLocation(clang_getDiagnosticLocation(diagnostic), &file, &place.line,
                               &place.column, NULL);
    if (file)
        place.file = type_string(clang_getFileName(file));
    return place;
}

/* Where else to look: of what a declaration contradicts, the other one. */
static void report_notes(CXDiagnostic diagnostic, const char *interface)
{
    CXDiagnosticSet notes = clang_getChildDiagnostics(diagnostic);
    for (unsigned i = 0; i < clang_getNumDiagnosticsInSet(notes); i++) {
        CXDiagnostic note = clang_getDiagnosticInSet(notes, i);
        struct place place = place_of(note, interface);
        if (place.line)
            report_note(place, "%s", type_string(clang_getDiagnosticSpelling(note)));
        clang_disposeDiagnostic(note);
    }
}

static void report_error(struct compiled *compiled, CXDiagnostic diagnostic)
{
    const char *message = type_string(clang_getDiagnosticSpelling(diagnostic));
    const char *header = include_path_missing(message);
    struct place place = place_of(diagnostic, compiled->interface);
    bool is_ours = !strcmp(place.file, compiled->interface);
    if (is_ours && place.line && place.line == compiled->told)
        return;
    if (header)
        report_header(place, header, compiled->interface);
    else if (is_ours && is_about_annotation(compiled, place))
        compiled->told = place.line;
    else if (is_ours && !strcmp(message, "invalid application of 'typeof' to bit-field"))
        report(place, "OG_FIELD: nothing can be said of a bit-field");
    else {
        report(place, "%s", message);
        report_notes(diagnostic, compiled->interface);
    }
}

bool is_compiled(CXTranslationUnit unit, const char *interface)
{
    struct compiled compiled = {
        .unit = unit, .interface = interface, .source = source_of(unit, interface)};
    bool is_sound = true;
    clang_getInclusions(unit, find_annotations, &compiled);
    for (unsigned i = 0; i < clang_getNumDiagnostics(unit); i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);
        /* Without the header every line is wrong in the same way. */
        bool is_told = !compiled.has_annotations && compiled.told;
        if (clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error && !is_told) {
            report_error(&compiled, diagnostic);
            is_sound = false;
        }
        clang_disposeDiagnostic(diagnostic);
    }
    return is_sound;
}

static bool is_space(char character)
{
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

bool is_in_source(CXTranslationUnit unit, const char *interface, const char *text)
{
    for (const char *at = source_of(unit, interface); *at; at++) {
        const char *here = at, *wanted = text;
        while (*wanted && (*here == *wanted || is_space(*here))) {
            wanted += *here == *wanted;
            here++;
        }
        if (!*wanted)
            return true;
    }
    return false;
}
