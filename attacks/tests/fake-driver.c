/* A driver that goes wrong as it is told, for the watcher's tests: FAMILY/NAME says how. */
#include "attacks/evidence.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const names[] = {
    "memory/canary",       "memory/canary-is-gone",   "memory/secret",      "memory/entered",
    "kernel/file",         "kernel/journal",          "kernel/process",     "kernel/socket",
    "kernel/folder",       "kernel/limits",           "kernel/late-file",   "values/harm",
    "values/contained",    "values/detected",         "values/no-effect",   "values/not-applicable",
    "availability/dies",   "availability/exits",      "availability/hangs", "availability/stops",
    "availability/memory", "availability/cannot-end", "availability/broken"};

static uint64_t *canary;
static struct evidence *evidence;
static uint8_t secret[EVIDENCE_SECRET];
static char folder[64];

static void lay_file(const char *name, const void *bytes, size_t size)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        abort();
    close(file);
}

static void lay_things(void)
{
    uint64_t seed = evidence->seed;
    memcpy(secret, evidence->secret, sizeof(secret));
    canary = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; i < 8; i++)
        canary[i] = evidence_word(seed, 3, i);
    evidence->canaries[3].address = (uintptr_t)canary;
    evidence->canaries[3].words = 8;
    strcpy(evidence->canaries[3].name, "the canary");
    lay_file("journal", "before\n", 7);
    lay_file("secrets", secret, sizeof(secret));
    evidence->patience_ms = 300;
    evidence->next_call = 1;
}

static void misbehave(const char *what)
{
    struct rlimit limit = {100, 100};
    if (!strcmp(what, "canary"))
        canary[7]++;
    else if (!strcmp(what, "canary-is-gone"))
        munmap(canary, 4096);
    else if (!strcmp(what, "secret"))
        memcpy(evidence->loot + (evidence->loot_size = 40) - 16, secret, sizeof(secret));
    else if (!strcmp(what, "entered"))
        evidence->entered = 1;
    else if (!strcmp(what, "file"))
        lay_file("forbidden", "x", 1);
    else if (!strcmp(what, "journal"))
        lay_file("journal", "forged\n", 7);
    else if (!strcmp(what, "process") && fork() == 0)
        for (;;)
            pause();
    else if (!strcmp(what, "socket"))
        socket(AF_UNIX, SOCK_STREAM, 0);
    else if (!strcmp(what, "folder") && chdir("/proc"))
        abort();
    else if (!strcmp(what, "limits"))
        setrlimit(RLIMIT_NOFILE, &limit);
    else if (!strcmp(what, "harm"))
        strcpy(evidence->harm, "it is not as it was");
    else if (!strcmp(what, "contained") || !strcmp(what, "detected"))
        evidence->error = 17, strcpy(evidence->message, "OG_FAULTED: it \"fell\", and\nlay");
    else if (!strcmp(what, "dies"))
        raise(SIGSEGV);
    else if (!strcmp(what, "exits"))
        _exit(3);
    else if (!strcmp(what, "hangs"))
        for (;;)
            pause();
    else if (!strcmp(what, "stops"))
        raise(SIGSTOP);
    else if (!strcmp(what, "memory"))
        for (size_t i = 0;; i++)
            memset(malloc(1 << 20), 1, 1 << 20);
    if (!strcmp(what, "detected"))
        evidence->next_call = 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--system"))
        return puts("fake") < 0;
    if (argc == 2 && !strcmp(argv[1], "--list")) {
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            puts(names[i]);
        return 0;
    }
    if (argc != 4)
        return 2;
    const char *what = strchr(argv[1], '/') + 1;
    evidence = mmap(NULL, sizeof(*evidence), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(argv[2]), 0);
    close(atoi(argv[2]));
    snprintf(folder, sizeof(folder), "%s", argv[3]);
    if (!strcmp(what, "broken"))
        return 1;
    if (!strcmp(what, "not-applicable")) {
        strcpy(evidence->reason, "there is no such thing");
        evidence->phase = EVIDENCE_NOT_APPLICABLE;
        return 0;
    }
    lay_things();
    if (!strcmp(what, "memory"))
        evidence->patience_ms = 20000;
    evidence->phase = EVIDENCE_READY;
    raise(SIGSTOP);
    misbehave(what);
    evidence->phase = EVIDENCE_DONE;
    raise(SIGSTOP);
    if (!strcmp(what, "late-file"))
        lay_file("forbidden", "x", 1);
    while (!strcmp(what, "cannot-end"))
        pause();
    return 0;
}
