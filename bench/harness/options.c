/* Parsing the command line. */
#include "bench/harness/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "bench/harness/statistics.h"

/* 21 repetitions of at least 15 ms take about 0.4 s a row, calibration included.
 * Odd, so that the median is a sample. */
static const struct options defaults = {.repetitions = 21, .min_time = 0.015, .seed = 1};

const char options_usage[] =
    "usage: og-bench --run-dir DIR [OPTION]...\n"
    "Measures the workloads through the systems, verifies that each computes what raw\n"
    "computes, and adds rows to DIR/results.csv; what is there already is not measured\n"
    "again, so a run that was stopped goes on where it was.\n"
    "\n"
    "  --run-dir DIR        where results.csv and raw/*.json go; made if missing\n"
    "  --filter REGEX       only names (workload/operation/system/size[/resident]) that match\n"
    "  --workloads A,B      only these workloads\n"
    "  --systems A,B        only these systems\n"
    "  --again A,B          these systems a second time, as A-again, with no rows, in raw/ only\n"
    "  --size-limit BYTES   no case of more bytes\n"
    "  --repetitions N      samples per row, 1 to 999 (default 21)\n"
    "  --min-time SECONDS   least time per sample (default 0.015)\n"
    "  --seed N             for the groups' order and the stack offsets (default 1)\n"
    "  --in-order           groups in the order of --list, not shuffled\n"
    "  --list               print the names that are selected, and stop\n"
    "  --help               print this, and stop\n"
    "\n"
    "Exit status: 0 all rows are there; 1 a case failed or computed other bytes than raw;\n"
    "2 the command line or the run directory cannot be used; 130 stopped by a signal.\n";

enum option_id {
    RUN_DIR = 1,
    FILTER,
    WORKLOADS,
    SYSTEMS,
    AGAIN,
    SIZE_LIMIT,
    REPETITIONS,
    MIN_TIME,
    SEED,
    IN_ORDER,
    LIST,
    HELP
};

static const struct option long_options[] = {
    {"run-dir", required_argument, NULL, RUN_DIR},
    {"filter", required_argument, NULL, FILTER},
    {"workloads", required_argument, NULL, WORKLOADS},
    {"systems", required_argument, NULL, SYSTEMS},
    {"again", required_argument, NULL, AGAIN},
    {"size-limit", required_argument, NULL, SIZE_LIMIT},
    {"repetitions", required_argument, NULL, REPETITIONS},
    {"min-time", required_argument, NULL, MIN_TIME},
    {"seed", required_argument, NULL, SEED},
    {"in-order", no_argument, NULL, IN_ORDER},
    {"list", no_argument, NULL, LIST},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static bool parse_count(const char *name, const char *text, uint64_t low, uint64_t high,
                        uint64_t *value, struct failure *failure)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || number < low || number > high)
        return failure_set(failure, "%s takes a whole number from %llu to %llu, not \"%s\"", name,
                           (unsigned long long)low, (unsigned long long)high, text);
    *value = number;
    return true;
}

static bool parse_seconds(const char *name, const char *text, double *value,
                          struct failure *failure)
{
    char *end;
    double number = strtod(text, &end);
    if (!*text || *end || !(number > 0 && number <= 60))
        return failure_set(failure, "%s takes seconds, more than 0 and at most 60, not \"%s\"",
                           name, text);
    *value = number;
    return true;
}

static bool take(struct options *options, int option, const char *text, struct failure *failure)
{
    uint64_t number = 0;
    switch ((enum option_id)option) {
    case RUN_DIR:
        options->run_dir = text;
        return *text || failure_set(failure, "--run-dir takes a directory, not an empty text");
    case FILTER:
        options->selection.filter = text;
        return true;
    case WORKLOADS:
        options->selection.workloads = text;
        return true;
    case SYSTEMS:
        options->selection.systems = text;
        return true;
    case AGAIN:
        options->again = text;
        return true;
    case SIZE_LIMIT:
        if (!parse_count("--size-limit", text, 1, SIZE_MAX, &number, failure))
            return false;
        options->selection.size_limit = number;
        return true;
    case REPETITIONS:
        if (!parse_count("--repetitions", text, 1, STATISTICS_SAMPLES_MAX, &number, failure))
            return false;
        options->repetitions = (unsigned)number;
        return true;
    case MIN_TIME:
        return parse_seconds("--min-time", text, &options->min_time, failure);
    case SEED:
        return parse_count("--seed", text, 0, UINT64_MAX, &options->seed, failure);
    case IN_ORDER:
        options->in_order = true;
        return true;
    case LIST:
        options->list = true;
        return true;
    case HELP:
        options->help = true;
        return true;
    }
    return false;
}

bool options_parse(struct options *options, int argc, char **argv, struct failure *failure)
{
    *options = defaults;
    opterr = 0;
    optind = 0; /* restarts glibc's getopt, for callers that parse twice */
    for (int option; (option = getopt_long(argc, argv, ":", long_options, NULL)) != -1;) {
        if (option == '?')
            return failure_set(failure, "unknown option \"%s\"; --help lists the valid ones",
                               argv[optind - 1]);
        if (option == ':')
            return failure_set(failure, "%s needs a value; --help explains it", argv[optind - 1]);
        if (!take(options, option, optarg, failure))
            return false;
    }
    if (optind < argc)
        return failure_set(failure, "\"%s\" is no option; --help lists the valid ones",
                           argv[optind]);
    if (!options->run_dir && !options->list && !options->help)
        return failure_set(failure, "--run-dir DIR is missing; --help explains it");
    return true;
}
