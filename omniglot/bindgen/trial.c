/* See trial.h. */
#include "omniglot/bindgen/trial.h"

#include "omniglot/bindgen/include_path.h"
#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/type.h"
#include <clang-c/Index.h>
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

static void report_error(const struct interface *interface, CXDiagnostic diagnostic)
{
    struct place place = place_of(diagnostic);
    CXDiagnosticSet notes = clang_getChildDiagnostics(diagnostic);
    report(interface->place,
           "the stubs of this would not compile: %s (%s:%u). If a name that is included here is "
           "also one of the stubs' or of Omniglot's headers, undefine that macro, or do not "
           "include what declares it",
           type_string(clang_getDiagnosticSpelling(diagnostic)), place.file, place.line);
    for (unsigned i = 0; i < clang_getNumDiagnosticsInSet(notes); i++) {
        CXDiagnostic note = clang_getDiagnosticInSet(notes, i);
        struct place noted = place_of(note);
        const char *text = type_string(clang_getDiagnosticSpelling(note));
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

/* Reports the first error: others follow from it. Returns whether there is none. */
static bool is_clean(const struct interface *interface, CXTranslationUnit unit)
{
    bool is_clean = true;
    for (unsigned i = 0; is_clean && i < clang_getNumDiagnostics(unit); i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);
        is_clean = clang_getDiagnosticSeverity(diagnostic) < CXDiagnostic_Error;
        if (!is_clean)
            report_error(interface, diagnostic);
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
        !is_whole(unit) || is_clean(interface, unit);
    clang_disposeTranslationUnit(unit);
    clang_disposeIndex(index);
    return is_sound;
}
