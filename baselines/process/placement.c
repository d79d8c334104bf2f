/* Choosing processors from what /sys tells of them, and keeping the host's thread there. */
#include "baselines/process/placement.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* How good two processors are for a pair on two cores; 0: not two. */
static int closeness(const struct placement_processor *a, const struct placement_processor *b)
{
    if (a->number == b->number)
        return 0;
    if (a->core == b->core && a->package == b->package)
        return 1;
    if (a->package != b->package)
        return 2;
    return a->cache == b->cache ? 4 : 3;
}

bool placement_choose(const struct placement_processor *processors, size_t count,
                      enum process_placement placement, struct placement_pair *pair)
{
    int best = 0;
    if (placement == PROCESS_ANYWHERE || !count)
        return false;
    if (placement == PROCESS_ONE_CORE) {
        if (!placement_choose(processors, count, PROCESS_TWO_CORES, pair))
            pair->worker = processors[count - 1].number;
        pair->host = pair->worker;
        return true;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            int found = closeness(&processors[i], &processors[j]);
            if (found && found >= best) {
                best = found;
                *pair = (struct placement_pair){.host = processors[i].number,
                                                .worker = processors[j].number};
            }
        }
    return best > 0;
}

/* ---- what this machine has ---- */

/* The number in a processor's file in /sys, or `otherwise`. */
static int read_number(int processor, const char *file, int otherwise)
{
    char path[128];
    int number;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/%s", processor, file);
    FILE *stream = fopen(path, "re");
    if (!stream)
        return otherwise;
    if (fscanf(stream, "%d", &number) != 1)
        number = otherwise;
    fclose(stream);
    return number;
}

static struct placement_pair pairs[PROCESS_PLACEMENTS];
static bool found[PROCESS_PLACEMENTS];

static void look(void)
{
    static struct placement_processor processors[CPU_SETSIZE];
    cpu_set_t allowed;
    size_t count = 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    for (int number = 0; number < CPU_SETSIZE; number++)
        if (CPU_ISSET(number, &allowed))
            processors[count++] = (struct placement_processor){
                .number = number,
                /* Where nothing is known of cores each processor counts as one. */
                .core = read_number(number, "topology/core_id", number),
                .cache = read_number(number, "cache/index3/id", 0),
                .package = read_number(number, "topology/physical_package_id", 0),
            };
    for (int placement = 0; placement < PROCESS_PLACEMENTS; placement++)
        found[placement] = placement_choose(processors, count, (enum process_placement)placement,
                                            &pairs[placement]);
}

bool placement_here(enum process_placement placement, struct placement_pair *pair)
{
    static pthread_once_t looked = PTHREAD_ONCE_INIT;
    if ((unsigned)placement >= PROCESS_PLACEMENTS)
        return false;
    pthread_once(&looked, look);
    *pair = pairs[placement];
    return found[placement];
}

/* ---- the host's thread ---- */

bool process_placement_possible(enum process_placement placement)
{
    struct placement_pair pair;
    return placement == PROCESS_ANYWHERE || placement_here(placement, &pair);
}

bool process_host_pin(enum process_placement placement, struct process_host_place *before)
{
    struct placement_pair pair;
    *before = (struct process_host_place){.pinned = false};
    if (placement == PROCESS_ANYWHERE)
        return true;
    if (!placement_here(placement, &pair) ||
        sched_getaffinity(0, sizeof before->mask, (cpu_set_t *)&before->mask) != 0)
        return false;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(pair.host, &one);
    before->pinned = sched_setaffinity(0, sizeof one, &one) == 0;
    return before->pinned;
}

void process_host_unpin(struct process_host_place *before)
{
    if (before->pinned)
        sched_setaffinity(0, sizeof before->mask, (const cpu_set_t *)&before->mask);
    before->pinned = false;
}
