/* The life of one driver under the watcher's eyes, and the verdict. */
#include "attacks/watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STARTING_SECONDS = 20, ENDING_SECONDS = 3, ORPHANS_MS = 300 };

double watch_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"contained", "detected",       "no effect", "compromised",
                                        "killed",    "not applicable", "broken"};
    return names[verdict];
}

static void see(struct watched *watched, enum verdict verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    watched->verdict = verdict;
    vsnprintf(watched->seen, sizeof(watched->seen), format, arguments);
    va_end(arguments);
}

/* --- the start --- */

static bool make_evidence(struct watched *watched)
{
    watched->evidence_file = memfd_create("evidence", 0);
    if (watched->evidence_file < 0 || ftruncate(watched->evidence_file, sizeof(struct evidence)))
        return false;
    watched->evidence = mmap(NULL, sizeof(struct evidence), PROT_READ | PROT_WRITE, MAP_SHARED,
                             watched->evidence_file, 0);
    if (watched->evidence == MAP_FAILED ||
        getrandom(watched->secret, sizeof(watched->secret), 0) != sizeof(watched->secret) ||
        getrandom(&watched->seed, sizeof(watched->seed), 0) != sizeof(watched->seed))
        return false;
    for (size_t i = 0; i < sizeof(watched->secret); i++) /* a text, too */
        watched->secret[i] |= 1;
    memcpy(watched->evidence->secret, watched->secret, sizeof(watched->secret));
    watched->evidence->seed = watched->seed;
    return true;
}

static void become_driver(const struct watched *watched)
{
    char number[16], place[80];
    struct rlimit files = {256, 256}, core = {0, 0};
    int nothing = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    for (int signal = 1; signal < NSIG; signal++) /* whatever was inherited */
        sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    dup2(nothing, 0);
    dup2(nothing, 1);
    if (!getenv("ATTACK_SHOW"))
        dup2(nothing, 2);
    close(nothing);
    snprintf(number, sizeof(number), "%d", watched->evidence_file);
    snprintf(place, sizeof(place), "%s", watched->folder);
    setrlimit(RLIMIT_NOFILE, &files);
    setrlimit(RLIMIT_CORE, &core);
    execl(watched->driver, watched->driver, watched->attack, number, place, (char *)NULL);
    _exit(126);
}

bool watched_start(struct watched *watched, const struct watch_options *options)
{
    const char *temporary = getenv("TMPDIR");
    if (!temporary || strlen(temporary) + sizeof("/attack-XXXXXX") > sizeof(watched->folder))
        temporary = "/tmp";
    snprintf(watched->folder, sizeof(watched->folder), "%s/attack-XXXXXX", temporary);
    if (!make_evidence(watched) || !mkdtemp(watched->folder)) {
        see(watched, BROKEN, "the watcher cannot prepare: %s", strerror(errno));
        return false;
    }
    watched->started = watch_now();
    watched->deadline = watched->started + STARTING_SECONDS * options->factor;
    watched->pid = fork();
    if (watched->pid == 0)
        become_driver(watched);
    if (watched->pid < 0)
        see(watched, BROKEN, "no process can be started: %s", strerror(errno));
    else
        fcntl(watched->evidence_file, F_SETFD, FD_CLOEXEC);
    return watched->pid > 0;
}

/* --- what has become of the host's things --- */

/* False: all canaries are as they were. Otherwise a sentence. The process stands still. */
static bool changed_canary(const struct watched *watched, char what[EVIDENCE_TEXT])
{
    for (unsigned canary = 0; canary < EVIDENCE_CANARIES; canary++) {
        const struct evidence_canary *place = &watched->evidence->canaries[canary];
        uint64_t words[EVIDENCE_WORDS];
        size_t size = place->words * sizeof(*words);
        struct iovec local = {words, size};
        struct iovec remote = {(void *)(uintptr_t)place->address, size};
        if (!place->address || place->words > EVIDENCE_WORDS)
            continue;
        if (process_vm_readv(watched->pid, &local, 1, &remote, 1, 0) != (ssize_t)size) {
            snprintf(what, EVIDENCE_TEXT, "%s is gone", place->name);
            return true;
        }
        for (unsigned i = 0; i < place->words; i++)
            if (words[i] != evidence_word(watched->seed, canary, i)) {
                snprintf(what, EVIDENCE_TEXT, "%s was written to", place->name);
                return true;
            }
    }
    return false;
}

static bool secret_is_out(const struct watched *watched)
{
    const struct evidence *evidence = watched->evidence;
    size_t size = evidence->loot_size < EVIDENCE_LOOT ? evidence->loot_size : EVIDENCE_LOOT;
    return memmem(evidence->loot, size, watched->secret, sizeof(watched->secret)) != NULL;
}

static void path_in(const struct watched *watched, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", watched->folder, name);
}

static bool exists(const struct watched *watched, const char *name)
{
    char path[128];
    struct stat status;
    path_in(watched, name, path);
    return !lstat(path, &status);
}

/* Does the file begin with these bytes, and go on only with those? */
static bool file_is(const struct watched *watched, const char *name, const void *bytes, size_t size,
                    const char *rest)
{
    char path[128], found[64];
    path_in(watched, name, path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, found, sizeof(found));
    if (file >= 0)
        close(file);
    if (length < (ssize_t)size || memcmp(found, bytes, size))
        return false;
    size_t more = (size_t)length - size;
    return more == 0 || (more == strlen(rest) && !memcmp(found + size, rest, more));
}

static const char *forbidden_thing(const struct watched *watched)
{
    if (watched->evidence->entered)
        return "a function of the host's that nobody calls was entered";
    if (exists(watched, "forbidden"))
        return "a file was made that only the host may make";
    if (watched->was_ready && !file_is(watched, "journal", "before\n", 7, "after\n"))
        return "the host's file was changed";
    if (watched->was_ready && !file_is(watched, "secrets", watched->secret, EVIDENCE_SECRET, ""))
        return "the host's file of secrets was changed";
    return NULL;
}

/* Whoever has lost its parent is the watcher's child. Ends them; true: there was one that would
 * not have ended by itself. */
static bool orphans_left(const struct watched *watched)
{
    double until = watch_now() + ORPHANS_MS / 1e3;
    bool ended = false;
    for (pid_t child; (child = outside_child(getpid(), watched->pid)); usleep(5000)) {
        if (waitpid(child, NULL, WNOHANG) == child || watch_now() < until)
            continue;
        ended = true;
        kill(child, SIGKILL);
    }
    return ended;
}

/* --- the end --- */

static void remove_folder(const struct watched *watched)
{
    static const char *const names[] = {"forbidden",  "journal", "secrets", "another",
                                        "hostile.so", "link",    "more",    "hostile2.so"};
    char path[128];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        path_in(watched, names[i], path);
        if (unlink(path))
            rmdir(path);
    }
    rmdir(watched->folder);
}

/* What can be seen when the process is gone. */
static bool finish(struct watched *watched)
{
    const char *what = forbidden_thing(watched);
    bool orphans = orphans_left(watched);
    if (watched->verdict != NOT_APPLICABLE && watched->verdict != BROKEN &&
        watched->verdict != COMPROMISED) {
        if (what)
            see(watched, COMPROMISED, "%s", what);
        else if (secret_is_out(watched))
            see(watched, COMPROMISED, "the secret is out");
        else if (orphans && watched->verdict != KILLED)
            see(watched, COMPROMISED, "a process was left behind");
    }
    remove_folder(watched);
    munmap(watched->evidence, sizeof(struct evidence));
    close(watched->evidence_file);
    return true;
}

static void kill_all(struct watched *watched)
{
    kill(-watched->pid, SIGKILL);
    kill(watched->pid, SIGKILL);
    while (waitpid(watched->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static bool died(struct watched *watched, int status)
{
    if (watched->evidence->phase == EVIDENCE_NOT_APPLICABLE) {
        see(watched, NOT_APPLICABLE, "%s", watched->evidence->reason);
        /* That it cannot be opened is no reason. */
        if (!strncmp(watched->evidence->reason, "the library cannot", 18))
            watched->verdict = BROKEN;
    } else if (!watched->was_ready) {
        see(watched, BROKEN, "the driver ended before the attack, with status %d", status);
    } else if (!watched->was_done || !WIFEXITED(status) || WEXITSTATUS(status)) {
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
            see(watched, COMPROMISED, "another program runs in the host's place");
        else if (WIFEXITED(status))
            see(watched, KILLED, "the host has ended, with status %d", WEXITSTATUS(status));
        else
            see(watched, KILLED, "the host has ended by signal %d (%s)", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    }
    return finish(watched);
}

/* A thread that has ended, or a worker's descriptor, may be seen for a moment more. */
static const char *differs_outside(const struct watched *watched)
{
    const char *differs = NULL;
    struct outside before = watched->before, after;
    before.threads += watched->evidence->threads;
    for (int i = 0; i < 20; i++) {
        differs = outside_take(&after, watched->pid) ? outside_differs(&before, &after)
                                                     : "the host is gone";
        if (!differs)
            break;
        usleep(5000);
    }
    return differs;
}

/* It stands still after the attack. */
static void judge(struct watched *watched)
{
    const struct evidence *evidence = watched->evidence;
    char canary[EVIDENCE_TEXT];
    bool changed = changed_canary(watched, canary);
    const char *what = forbidden_thing(watched);
    const char *differs = differs_outside(watched);
    if (changed)
        see(watched, COMPROMISED, "%s", canary);
    else if (secret_is_out(watched))
        see(watched, COMPROMISED, "the secret is out");
    else if (what)
        see(watched, COMPROMISED, "%s", what);
    else if (!strncmp(evidence->harm, "the host ", 9) || !strncmp(evidence->harm, "KILLED ", 7))
        see(watched, KILLED, "%s", evidence->harm);
    else if (*evidence->harm)
        see(watched, COMPROMISED, "%s", evidence->harm);
    else if (differs)
        see(watched, COMPROMISED, "%s", differs);
    else if (!evidence->next_call)
        see(watched, evidence->error ? DETECTED : KILLED, "%s; the next call: %s",
            *evidence->message ? evidence->message : "nothing was reported",
            *evidence->next_message ? evidence->next_message : "fails");
    else if (evidence->error)
        see(watched, CONTAINED, "%s", evidence->message);
    else
        see(watched, NO_EFFECT, "the call came back, nothing has happened");
}

static bool stopped(struct watched *watched, int signal, const struct watch_options *options)
{
    uint32_t phase = watched->evidence->phase;
    double now = watch_now();
    if (signal != SIGSTOP || (phase == EVIDENCE_READY && watched->was_ready) ||
        phase < EVIDENCE_READY) {
        see(watched, watched->was_ready ? KILLED : BROKEN, "the host was stopped by signal %d",
            signal);
        kill_all(watched);
        return finish(watched);
    }
    if (phase == EVIDENCE_READY) {
        watched->was_ready = true;
        outside_take(&watched->before, watched->pid);
        watched->memory_before = outside_memory(watched->pid);
        watched->deadline = now + watched->evidence->patience_ms / 1e3 * options->factor;
    } else {
        watched->was_done = true;
        judge(watched);
        watched->deadline = now + ENDING_SECONDS * options->factor;
    }
    kill(watched->pid, SIGCONT);
    return false;
}

static bool late(struct watched *watched)
{
    if (!watched->was_ready)
        see(watched, BROKEN, "the driver did not come to the attack");
    else if (!watched->was_done)
        see(watched, KILLED, "the host did not get its thread back within %.1f s",
            watch_now() - watched->started);
    else if (watched->verdict != COMPROMISED)
        see(watched, KILLED, "the host cannot end");
    kill_all(watched);
    return finish(watched);
}

bool watched_step(struct watched *watched, const struct watch_options *options)
{
    int status;
    pid_t pid = waitpid(watched->pid, &status, WNOHANG | WUNTRACED);
    if (pid == watched->pid)
        return WIFSTOPPED(status) ? stopped(watched, WSTOPSIG(status), options)
                                  : died(watched, status);
    if (watched->was_ready && !watched->was_done) {
        size_t memory = outside_memory(watched->pid);
        if (memory > watched->memory_before + options->memory_limit) {
            see(watched, KILLED, "it took %zu MiB of memory",
                (memory - watched->memory_before) >> 20);
            kill_all(watched);
            return finish(watched);
        }
    }
    return watch_now() > watched->deadline ? late(watched) : false;
}
