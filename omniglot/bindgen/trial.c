/* See trial.h. */
#include "omniglot/bindgen/trial.h"

#include "omniglot/bindgen/include_path.h"
#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/type.h"
#include <clang-c/Index.h>
#include <stdlib.h>
#include <string.h>

static struct place place_of(CXDiagnostic diagnostic)
{
    CXFile file;
    struct place place = {0};
    clang_getExpansionLocation(clang_getDiagnosticLocation(diagnostic), &file, &place.line,
                               &place.column, NULL);
    place.file = file ? type_string(clang_getFileName(file)) : "";
    return place;
}

static bool is_in(const char *path, struct place place)
{
    return !strcmp(place.file, path);
}

/* The line of the interface file that the nearest comment before the line `line` of what is written
 * names: 0 if none does. */
static unsigned line_about(const char *text, unsigned line, const char *interface)
{
    const char *base = strrchr(interface, '/');
    const char *comment = memory_format("/* %s:", base ? base + 1 : interface);
    unsigned about = 0;
    for (unsigned i = 1; i < line && *text; i++) {
        if (!strncmp(text, comment, strlen(comment)))
            about = (unsigned)strtoul(text + strlen(comment), NULL, 10);
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return about;
}

static void report_error(const struct interface *interface, CXTranslationUnit unit,
                         const char *path, CXDiagnostic diagnostic)
{
    struct place found = place_of(diagnostic), place = interface->place;
    const char *text = type_string(clang_getDiagnosticSpelling(diagnostic));
    CXDiagnosticSet notes = clang_getChildDiagnostics(diagnostic);
    CXFile file = clang_getFile(unit, path);
    const char *written = file ? clang_getFileContents(unit, file, NULL) : NULL;
    unsigned line =
        written && is_in(path, found) ? line_about(written, found.line, interface->path) : 0;
    if (line)
        place = (struct place){interface->path, line, 1};
    if (clang_getDiagnosticSeverity(diagnostic) < CXDiagnostic_Error)
        report(place, "no stub of this compiles without a warning: %s", text);
    else
        report(
            place,
            "the stubs of this would not compile: %s (%s:%u). If what is included here has a "
            "name that is one of the stubs' or of Omniglot's headers, undefine that macro, or do "
            "not include what declares it",
            text, found.file, found.line);
    for (unsigned i = 0; i < clang_getNumDiagnosticsInSet(notes); i++) {
        CXDiagnostic note = clang_getDiagnosticInSet(notes, i);
        struct place noted = place_of(note);
        text = type_string(clang_getDiagnosticSpelling(note));
        if (noted.line && strncmp(text, "in file included", 16) != 0)
            report_note(noted, "%s", text);
        clang_disposeDiagnostic(note);
    }
}

static bool is_whole(CXTranslationUnit unit)
{
    bool is_whole = true;
    for (unsigned i = 0; i < clang_getNumDiagnostics(unit); i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);
        if (include_path_missing(type_string(clang_getDiagnosticSpelling(diagnostic))))
            is_whole = false;
        clang_disposeDiagnostic(diagnostic);
    }
    return is_whole;
}

/* Reports the first error, or warning of the file itself: others follow from it. Returns whether
 * there is none. */
static bool is_clean(const struct interface *interface, CXTranslationUnit unit, const char *path)
{
    bool is_clean = true;
    for (unsigned i = 0; is_clean && i < clang_getNumDiagnostics(unit); i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);
        enum CXDiagnosticSeverity least =
            is_in(path, place_of(diagnostic)) ? CXDiagnostic_Warning : CXDiagnostic_Error;
        is_clean = clang_getDiagnosticSeverity(diagnostic) < least;
        if (!is_clean)
            report_error(interface, unit, path, diagnostic);
        clang_disposeDiagnostic(diagnostic);
    }
    return is_clean;
}

bool trial_compiles(const struct interface *interface, const char *path)
{
    const char *base = strrchr(path, '/');
    const char *file = memory_format("%s.c", path);
    const char *source = memory_format("#include \"%s\"\n", base ? base + 1 : path);
    struct CXUnsavedFile unsaved = {file, source, strlen(source)};
    CXIndex index = clang_createIndex(0, 0);
    CXTranslationUnit unit = NULL;
    bool is_sound =
        clang_parseTranslationUnit2(index, file, interface->flags, interface->flag_count, &unsaved,
                                    1, CXTranslationUnit_None, &unit) ||
        !is_whole(unit) || is_clean(interface, unit, path);
    clang_disposeTranslationUnit(unit);
    clang_disposeIndex(index);
    return is_sound;
}
