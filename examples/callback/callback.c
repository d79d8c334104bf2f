/* A callback that hears a library, and what it hears was looked at before: a text ends, a bool is 0
 * or 1, a unit is one of those that there are. Of a library that says anything else the call ends
 * with an error, and the callback never hears it.
 *
 *   callback LIBRARY [ISOLATION]     LIBRARY: the path of libsensors.so; ISOLATION: best, mpk,
 *                                    proc, none */
#include "sensors-og.h"

#include <stdio.h>

static int print_reading(void *data, const char *name, bool is_new, enum unit unit, double value)
{
    static const char *const units[] = {[UNIT_CELSIUS] = "degrees", [UNIT_PASCAL] = "Pa"};
    ++*(int *)data;
    printf("%s: %g %s%s\n", name, value, units[unit], is_new ? ", new" : "");
    return 0;
}

static enum og_error read_all(struct sensors *sensors, bool is_broken, struct og_fault *fault)
{
    int heard = 0, count = 0;
    struct sensors_each_reading hear;
    enum og_error error = sensors_each_reading_open(sensors, &hear, print_reading, &heard, fault);
    if (error)
        return error;
    error = call_sensors_read(sensors, &count, is_broken, &hear, NULL, fault);
    sensors_each_reading_close(sensors, &hear);
    printf("%d heard\n", heard);
    return error;
}

int main(int argc, char **argv)
{
    struct og_options options = {.deadline_ms = 1000, .callback_limit = 100};
    struct sensors sensors = {0};
    struct og_fault fault;
    enum og_error error = OG_OK;
    if (argc < 2) {
        fprintf(stderr, "usage: callback LIBRARY [ISOLATION]\n");
        return 2;
    }
    if (argc > 2)
        error = og_isolation_by_name(&options.isolation, argv[2], &fault);
    if (!error)
        error = sensors_open_from(&sensors, argv[1], &options, &fault);
    if (!error)
        error = read_all(&sensors, false, &fault);
    if (!error && read_all(&sensors, true, &fault))
        printf("a broken one: %s, %s\n", og_error_name(fault.error), fault.symbol);
    if (error)
        fprintf(stderr, "%s: %s\n", og_error_name(error), fault.message);
    sensors_close(&sensors);
    return error != OG_OK;
}
