#include "omniglot/bindgen/spelling.h"

#include "omniglot/bindgen/annotation.h"
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* What the header has beside annotations. */
static const char *const others[] = {"OG_SUM",         "OG_PRODUCT",    "OG_DIFFERENCE",
                                     "OG_STRINGS_MAX", "OG_ANNOTATION", "OG_UNIQUE"};
enum { OTHERS = sizeof(others) / sizeof(others[0]), WORDS = ANNOTATION_NAMES + OTHERS };

static const char *word_at(size_t index)
{
    return index < ANNOTATION_NAMES ? annotation_text((enum annotation_name)index)
                                    : others[index - ANNOTATION_NAMES];
}

static bool is_known(const char *word, size_t length)
{
    for (size_t i = 0; i < WORDS; i++)
        if (strlen(word_at(i)) == length && !memcmp(word_at(i), word, length))
            return true;
    return false;
}

static bool is_of_word(char character)
{
    return isalnum((unsigned char)character) || character == '_';
}

static const char *after_literal(const char *at)
{
    char quote = *at++;
    while (*at && *at != quote)
        at += at[0] == '\\' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length);

/* "og_in", "OGIN": one of the words, with a letter that is wrong, whatever its case. */
static bool is_meant(const char *word, size_t length)
{
    enum { LONGEST = 32 };
    char upper[LONGEST];
    if (length > LONGEST || length < 4 || toupper((unsigned char)word[0]) != 'O' ||
        toupper((unsigned char)word[1]) != 'G')
        return false;
    for (size_t i = 0; i < length; i++)
        upper[i] = (char)toupper((unsigned char)word[i]);
    for (size_t i = 0; i < WORDS; i++)
        if (distance(upper, length, word_at(i), strlen(word_at(i))) <= 1)
            return true;
    return false;
}

static const char *find(const char *at, size_t *length, bool known)
{
    while (*at) {
        size_t word = 0;
        while (is_of_word(at[word]))
            word++;
        bool is_one = word > 3 && !memcmp(at, "OG_", 3);
        if ((is_one && is_known(at, word) == known) || (!is_one && !known && is_meant(at, word))) {
            *length = word;
            return at;
        }
        if (word)
            at += word;
        else
            at = *at == '"' || *at == '\'' ? after_literal(at) : at + 1;
    }
    return NULL;
}

const char *spelling_unknown(const char *text, size_t *length)
{
    return find(text, length, false);
}

const char *spelling_known(const char *text, size_t *length)
{
    return find(text, length, true);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters have to be put in, left out or changed (Levenshtein), or swapped. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    enum { LONGEST = 32 };
    size_t cost[LONGEST + 1][LONGEST + 1];
    if (a_length > LONGEST || b_length > LONGEST)
        return LONGEST;
    for (size_t i = 0; i <= a_length; i++) {
        for (size_t j = 0; j <= b_length; j++) {
            if (!i || !j) {
                cost[i][j] = i + j;
                continue;
            }
            bool differs = a[i - 1] != b[j - 1];
            cost[i][j] =
                least(least(cost[i - 1][j], cost[i][j - 1]) + 1, cost[i - 1][j - 1] + differs);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a_length][b_length];
}

const char *spelling_bare(const char *line, size_t *length)
{
    for (const char *at = line; (at = find(at, length, true)) != NULL; at += *length) {
        const char *after = at + *length;
        for (size_t i = 0; i < ANNOTATION_NAMES; i++) {
            const char *name = annotation_text((enum annotation_name)i);
            if (strlen(name) == *length && !memcmp(name, at, *length) &&
                annotation_takes((enum annotation_name)i) && after[strspn(after, " \t")] != '(')
                return at;
        }
    }
    return NULL;
}

const char *spelling_near(const char *written, size_t length)
{
    enum { PREFIX = 3, LONGEST = 32 };
    char word[LONGEST];
    if (length > LONGEST)
        return NULL;
    for (size_t i = 0; i < length; i++)
        word[i] = (char)toupper((unsigned char)written[i]);
    /* A third of the letters after OG_ may be wrong, one always. */
    size_t nearest = 2 + (length - PREFIX) / 3;
    const char *near = NULL;
    for (size_t i = 0; i < WORDS; i++) {
        size_t away = distance(word, length, word_at(i), strlen(word_at(i)));
        if (away < nearest) {
            nearest = away;
            near = word_at(i);
        }
    }
    return near;
}
