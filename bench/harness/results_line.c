/* Formatting and checking the lines of results.csv. */
#include "bench/harness/results_line.h"

#include <stdio.h>
#include <string.h>

enum { KEY_FIELDS = 8, FIELDS = 13 };

enum field_kind { WORD, COUNT, NUMBER, YES_OR_NO };

static const struct {
    const char *name;
    enum field_kind kind;
} fields[FIELDS] = {
    {"target", WORD},        {"system", WORD},      {"workload", WORD},  {"operation", WORD},
    {"placement", WORD},     {"size_bytes", COUNT}, {"kind", WORD},      {"unit", WORD},
    {"median", NUMBER},      {"ci_low", NUMBER},    {"ci_high", NUMBER}, {"samples", COUNT},
    {"verified", YES_OR_NO},
};

static const char *const kind_texts[] = {
    [WORD] = "a word of letters, digits, '-', '_' and '.'",
    [COUNT] = "a whole number",
    [NUMBER] = "a decimal number",
    [YES_OR_NO] = "yes or no",
};

bool results_line_format(char *line, const struct results_row *row)
{
    int length = snprintf(line, RESULTS_LINE_MAX, "%s,%s,%s,%s,%s,%zu,%s,%s,%.4f,%.4f,%.4f,%zu,%s",
                          row->target, row->system, row->workload, row->operation, row->placement,
                          row->size, row->kind, row->unit, row->median, row->ci_low, row->ci_high,
                          row->samples, row->verified ? "yes" : "no");
    return length > 0 && length < RESULTS_LINE_MAX;
}

size_t results_line_key(const char *line)
{
    const char *end = line;
    for (int i = 0; i < KEY_FIELDS; i++)
        end += strcspn(end, ",") + 1;
    return (size_t)(end - 1 - line);
}

static bool good_field(enum field_kind kind, const char *text, size_t size)
{
    static const char digits[] = "0123456789";
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t whole = strspn(text, digits);
    switch (kind) {
    case WORD:
        return size > 0 && strspn(text, word) == size;
    case COUNT:
        return whole > 0 && whole < 20 && whole == size;
    case NUMBER:
        if (whole == 0 || whole == size)
            return whole > 0;
        return text[whole] == '.' && whole + 1 < size &&
               whole + 1 + strspn(text + whole + 1, digits) == size;
    case YES_OR_NO:
        return (size == 3 && !memcmp(text, "yes", 3)) || (size == 2 && !memcmp(text, "no", 2));
    }
    return false;
}

bool results_line_check(const char *line, size_t size, size_t *column, struct failure *failure)
{
    const char *field = line;
    for (int i = 0; i < FIELDS; i++) {
        size_t length = strcspn(field, ",");
        *column = (size_t)(field - line) + 1;
        if (!good_field(fields[i].kind, field, length))
            return failure_set(failure, "%s is not %s", fields[i].name, kind_texts[fields[i].kind]);
        field += length;
        *column = (size_t)(field - line) + 1;
        bool last = i == FIELDS - 1;
        if (!last && *field != ',')
            return failure_set(failure, "the line ends after %s; %d fields are due", fields[i].name,
                               FIELDS);
        if (last && *column != size + 1)
            return failure_set(failure, "there is more after %s; %d fields are due", fields[i].name,
                               FIELDS);
        field++;
    }
    return true;
}

bool results_line_check_header(const char *line, size_t *column, struct failure *failure)
{
    size_t same = 0;
    while (line[same] && line[same] == RESULTS_FILE_HEADER[same])
        same++;
    *column = same + 1;
    if (line[same] || RESULTS_FILE_HEADER[same])
        return failure_set(failure, "the header is not \"%s\"", RESULTS_FILE_HEADER);
    return true;
}
