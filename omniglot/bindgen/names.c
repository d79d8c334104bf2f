/* See names.h. */
#include "omniglot/bindgen/names.h"

#include "omniglot/bindgen/memory.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a variable is called while the words are seen: no name of an interface file. */
static const char standing_in[] = "og_variable_";

struct word {
    struct word *next;
    const char *text;
};

/* A parameter, or one that a window makes of two fields. */
struct variable {
    struct variable *next;
    const struct function *function;
    const struct parameter *parameter; /* NULL: a window's */
    const char **name, *declared;
    struct word *uses; /* "foreign_og_variable_3", of the third */
};

/* The words about a function, in the order of the functions in the file. */
struct text {
    struct text *next;
    const struct function *function;
    struct word *words;
};

static struct variable *variables;
static struct text *texts;

/* What is written about one function, until something is about another. */
static const struct function *about;
static char *written;
static size_t written_length, written_size;

/* --- what there is --- */

static void add_variable(const struct function *function, const struct parameter *parameter,
                         const char **name, const char *declared)
{
    struct variable **end = &variables, *variable = memory_take(sizeof(*variable));
    size_t number = 0;
    for (; *end; end = &(*end)->next)
        number++;
    *variable = (struct variable){
        .function = function, .parameter = parameter, .name = name, .declared = declared};
    *name = memory_format("%s%zu", standing_in, number);
    *end = variable;
}

static void add_function(struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        struct parameter *parameter = &function->parameters[i];
        add_variable(function, parameter, &parameter->name, parameter->declared);
    }
    for (size_t i = 0; i < function->count; i++)
        for (size_t j = 0; j < function->parameters[i].window_count; j++) {
            struct window *window = &function->parameters[i].windows[j];
            add_variable(function, NULL, &window->cursor, window->pointer);
            add_variable(function, NULL, &window->rest, window->left);
        }
}

void names_begin(struct interface *interface)
{
    variables = NULL;
    texts = NULL;
    about = NULL;
    written_length = 0;
    for (struct function *function = interface->functions; function; function = function->next)
        add_function(function);
    for (struct callback *callback = interface->callbacks; callback; callback = callback->next)
        add_function(&callback->shape);
}

/* --- words --- */

static bool has_word(const struct word *words, const char *text)
{
    for (; words; words = words->next)
        if (!strcmp(words->text, text))
            return true;
    return false;
}

static void add_word(struct word **words, const char *text)
{
    if (has_word(*words, text))
        return;
    struct word *word = memory_take(sizeof(*word));
    *word = (struct word){*words, text};
    *words = word;
}

static struct text *text_of(const struct function *function)
{
    struct text **end = &texts;
    for (; *end; end = &(*end)->next)
        if ((*end)->function == function)
            return *end;
    *end = memory_take(sizeof(**end));
    (*end)->function = function;
    return *end;
}

/* The variable whose stand-in is in the word, or NULL. */
static struct variable *variable_in(const char *word)
{
    const char *at = strstr(word, standing_in);
    if (!at)
        return NULL;
    size_t number = strtoul(at + sizeof(standing_in) - 1, NULL, 10);
    struct variable *variable = variables;
    for (; variable && number; number--)
        variable = variable->next;
    return variable;
}

static bool is_of_word(char character)
{
    return isalnum((unsigned char)character) || character == '_';
}

/* After a literal or a comment that begins at `at`; `at` where none does. */
static const char *after_unread(const char *at)
{
    if (!strncmp(at, "/*", 2)) {
        const char *end = strstr(at + 2, "*/");
        return end ? end + 2 : at + strlen(at);
    }
    if (*at != '"' && *at != '\'')
        return at;
    char quote = *at++;
    while (*at && *at != quote)
        at += at[0] == '\\' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

/* Members and tags have names of their own: they meet no variable's. */
static bool is_apart(const char *text, const char *word, const char *before, size_t length)
{
    const char *end = word;
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    if (end > text && end[-1] == '.')
        return true;
    if (end - text > 1 && end[-2] == '-' && end[-1] == '>')
        return true;
    return (length == 6 && !strncmp(before, "struct", 6)) ||
           (length == 5 && !strncmp(before, "union", 5)) ||
           (length == 4 && !strncmp(before, "enum", 4));
}

static void read_words(struct text *text)
{
    const char *before = "", *after = NULL;
    size_t before_length = 0;
    for (const char *at = written; *at;) {
        after = after_unread(at);
        size_t length = 0;
        while (is_of_word(after[length]))
            length++;
        if (after != at || !length) {
            at = after != at ? after : at + 1;
            before_length = isspace((unsigned char)at[-1]) ? before_length : 0;
            continue;
        }
        const char *word = memory_copy(at, length);
        struct variable *variable = variable_in(word);
        if (variable)
            add_word(&variable->uses, word);
        else if (!isdigit((unsigned char)*at) && !is_apart(written, at, before, before_length))
            add_word(&text->words, word);
        before = at;
        before_length = length;
        at += length;
    }
}

static void read_written(void)
{
    if (about && written_length) {
        written[written_length] = '\0';
        read_words(text_of(about));
    }
    written_length = 0;
}

void names_see(const struct function *function, const char *text, size_t length)
{
    if (function != about)
        read_written();
    about = function;
    if (!function)
        return;
    if (written_length + length + 1 > written_size) {
        char *longer = memory_take(2 * (written_length + length + 1));
        if (written_length)
            memcpy(longer, written, written_length);
        written = longer;
        written_size = 2 * (written_length + length + 1);
    }
    memcpy(written + written_length, text, length);
    written_length += length;
}

/* --- the choice --- */

/* "foreign_in" of "foreign_og_variable_3". */
static const char *with_name(const char *use, const char *name)
{
    const char *at = strstr(use, standing_in);
    const char *after = at + sizeof(standing_in) - 1;
    return memory_format("%.*s%s%s", (int)(at - use), use, name,
                         after + strspn(after, "0123456789"));
}

/* What is a word of a stub, and not seen: macros of C's headers, which an interface file may not
 * include, and what macros of Omniglot's and of the baselines' headers say beside og_. */
static bool is_of_macros(const char *name)
{
    static const char *const words[] = {"bool",
                                        "true",
                                        "false",
                                        "size_t",
                                        "uint32_t",
                                        "uint64_t",
                                        "uintmax_t",
                                        "uintptr_t",
                                        "memcpy",
                                        "copy_refused",
                                        "domain_keep_solid",
                                        "domain_memory_check",
                                        "host_rule_holds",
                                        "instance_contract",
                                        "wire_get_u64",
                                        "wire_reader_fail"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (!strcmp(words[i], name))
            return true;
    return false;
}

static bool fits(const struct variable *variable, const struct text *text, const char *name)
{
    for (const struct word *use = variable->uses; use; use = use->next)
        if (has_word(text->words, with_name(use->text, name)))
            return false;
    return !is_of_macros(name);
}

/* Names with og_ are those of macros' own variables. */
static bool choose(const struct variable *variable)
{
    struct text *text = text_of(variable->function);
    const char *base = !strncmp(variable->declared, "og_", 3)
                           ? memory_format("its_%s", variable->declared)
                           : variable->declared;
    const char *name = base;
    for (unsigned i = 1; !fits(variable, text, name); i++)
        name = memory_format("%s_%u", base, i);
    for (const struct word *use = variable->uses; use; use = use->next)
        add_word(&text->words, with_name(use->text, name));
    *variable->name = name;
    const struct annotation *hidden = variable->parameter ? variable->parameter->hidden : NULL;
    return !hidden || !strcmp(name, variable->declared) ||
           report(hidden->place,
                  "%s(%s): '%s' is named by a macro, and is a word of the stubs': write out what "
                  "the macro says, or give the parameter another name here",
                  annotation_text(hidden->name), hidden->arguments[0], variable->declared);
}

bool names_choose(void)
{
    bool is_sound = true;
    read_written();
    for (const struct variable *variable = variables; variable; variable = variable->next)
        is_sound = choose(variable) && is_sound;
    return is_sound;
}
