/* attack-watch: runs attacks through drivers, some at a time, and writes what became of them.
 *
 *   attack-watch [--attacks PATTERN]... [--target NAME] [--out FILE] [--jobs N] [--factor X]
 *                DRIVER...        in NAME, %k is the kernel's version
 *
 * Each line of FILE: target, system, family, attack, verdict, what was seen. */
#include "attacks/watch/watch.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { PATTERNS = 64, DRIVERS = 32, ATTACKS = 512, JOBS = 16, STEP_US = 4000 };

static struct {
    const char *patterns[PATTERNS], *drivers[DRIVERS], *target, *out;
    size_t pattern_count, driver_count, jobs;
    struct watch_options options;
} settings = {.target = "native", .jobs = 2, .options = {.factor = 1, .memory_limit = 320 << 20}};

static char attacks[ATTACKS][128];
static size_t attack_count;
static char systems[DRIVERS][64];
static size_t counts[BROKEN + 1];

static int usage(const char *what, const char *which)
{
    fprintf(stderr,
            "attack-watch: %s%s\n"
            "usage: attack-watch [--attacks PATTERN]... [--target NAME] [--out FILE] [--jobs N]\n"
            "                    [--factor X] DRIVER...\n",
            what, which);
    return 2;
}

static bool parse(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *option = argv[i];
        if (strncmp(option, "--", 2)) {
            if (settings.driver_count == DRIVERS)
                return false;
            settings.drivers[settings.driver_count++] = option;
            continue;
        }
        if (i + 1 == argc)
            return false;
        const char *value = argv[++i];
        if (!strcmp(option, "--attacks") && settings.pattern_count < PATTERNS)
            settings.patterns[settings.pattern_count++] = value;
        else if (!strcmp(option, "--target"))
            settings.target = value;
        else if (!strcmp(option, "--out"))
            settings.out = value;
        else if (!strcmp(option, "--jobs"))
            settings.jobs = strtoul(value, NULL, 10);
        else if (!strcmp(option, "--factor"))
            settings.options.factor = strtod(value, NULL);
        else
            return false;
    }
    return settings.driver_count && settings.jobs >= 1 && settings.jobs <= JOBS &&
           settings.options.factor > 0;
}

/* "%k" in the target's name stands for the kernel's version, as in 6.1. */
static const char *target_name(void)
{
    static char name[128];
    struct utsname system;
    unsigned major = 0, minor = 0;
    const char *place = strstr(settings.target, "%k");
    if (!place || uname(&system) || sscanf(system.release, "%u.%u", &major, &minor) != 2)
        return settings.target;
    snprintf(name, sizeof(name), "%.*s%u.%u%s", (int)(place - settings.target), settings.target,
             major, minor, place + 2);
    return name;
}

/* Asks the driver a question; each line of the answer goes to `line`. */
static bool ask(const char *driver, const char *question, bool (*line)(const char *text, size_t i),
                size_t which)
{
    char command[4200], text[256];
    snprintf(command, sizeof(command), "'%s' %s", driver, question);
    FILE *pipe = popen(command, "r");
    bool right = pipe != NULL;
    size_t lines = 0;
    while (right && fgets(text, sizeof(text), pipe)) {
        text[strcspn(text, "\n")] = 0;
        right = line(text, which);
        lines++;
    }
    return pipe && pclose(pipe) == 0 && right && lines;
}

static bool take_system(const char *text, size_t which)
{
    return snprintf(systems[which], sizeof(systems[which]), "%s", text) <
           (int)sizeof(systems[which]);
}

static bool take_attack(const char *text, size_t which)
{
    bool wanted = settings.pattern_count == 0;
    (void)which;
    for (size_t i = 0; i < settings.pattern_count; i++)
        wanted = wanted || !fnmatch(settings.patterns[i], text, 0);
    if (!wanted)
        return true;
    if (attack_count == ATTACKS || strlen(text) >= sizeof(attacks[0]))
        return false;
    memcpy(attacks[attack_count++], text, strlen(text) + 1);
    return true;
}

static void put_quoted(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, file);
    }
    fputc('"', file);
}

static void report(FILE *out, const struct watched *watched)
{
    const char *slash = strchr(watched->attack, '/');
    counts[watched->verdict]++;
    printf("  %-16s %-44s %-14s  %s\n", watched->system, watched->attack,
           verdict_name(watched->verdict), watched->seen);
    fflush(stdout);
    if (!out)
        return;
    fprintf(out, "%s,%s,%.*s,%s,%s,", target_name(), watched->system,
            (int)(slash - watched->attack), watched->attack, slash + 1,
            verdict_name(watched->verdict));
    put_quoted(out, watched->seen);
    fputc('\n', out);
    fflush(out);
}

/* The next pair of system and attack: all systems of an attack, then the next attack. */
static bool take_next(struct watched *watched, size_t *next)
{
    if (!settings.driver_count || *next == attack_count * settings.driver_count)
        return false;
    size_t driver = *next % settings.driver_count;
    memset(watched, 0, sizeof(*watched));
    snprintf(watched->driver, sizeof(watched->driver), "%s", settings.drivers[driver]);
    snprintf(watched->system, sizeof(watched->system), "%s", systems[driver]);
    snprintf(watched->attack, sizeof(watched->attack), "%s",
             attacks[*next / settings.driver_count]);
    (*next)++;
    return true;
}

static void run(FILE *out)
{
    static struct watched jobs[JOBS];
    bool busy[JOBS] = {false};
    size_t next = 0, running = 0;
    do {
        running = 0;
        for (size_t i = 0; i < settings.jobs; i++) {
            if (!busy[i] && take_next(&jobs[i], &next)) {
                busy[i] = watched_start(&jobs[i], &settings.options);
                if (!busy[i])
                    report(out, &jobs[i]);
            }
            if (busy[i] && watched_step(&jobs[i], &settings.options)) {
                busy[i] = false;
                report(out, &jobs[i]);
            }
            running += busy[i];
        }
        usleep(STEP_US);
    } while (running || next < attack_count * settings.driver_count);
}

int main(int argc, char **argv)
{
    if (!parse(argc, argv))
        return usage("what is wanted is not clear", "");
    for (size_t i = 0; i < settings.driver_count; i++)
        if (!ask(settings.drivers[i], "--system", take_system, i))
            return usage("this driver does not say what system it is: ", settings.drivers[i]);
    if (!ask(settings.drivers[0], "--list", take_attack, 0))
        return usage("the driver does not list its attacks: ", settings.drivers[0]);
    if (!attack_count) {
        fprintf(stderr, "attack-watch: no attack is called that; `%s --list` names them\n",
                settings.drivers[0]);
        return 2;
    }
    FILE *out = settings.out ? fopen(settings.out, "w") : NULL;
    if (settings.out && !out) {
        perror(settings.out);
        return 2;
    }
    /* Whoever loses its parent is to become a child of this process. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signal(SIGPIPE, SIG_IGN);
    run(out);
    for (enum verdict verdict = CONTAINED; verdict <= BROKEN; verdict++)
        if (counts[verdict])
            printf("  %zu %s\n", counts[verdict], verdict_name(verdict));
    if (out && fclose(out)) {
        perror(settings.out);
        return 2;
    }
    return counts[BROKEN] ? 1 : 0;
}
