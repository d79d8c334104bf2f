// The native driver: Google Benchmark takes the times. It calibrates how many
// operations make a sample, interleaves the samples of a group's systems at
// random, and writes the JSON; one call of the case's run() is one whole sample,
// so the harness adds two clock reads per sample and nothing per operation.
#include <benchmark/benchmark.h>

#include <sched.h>

#include <cstring>
#include <ctime>
#include <exception>
#include <map>
#include <sstream>
#include <string>
#include <vector>

extern "C" {
#include "bench/harness/measure.h"
#include "bench/harness/random.h"
#include "bench/harness/stack_offset.h"
#include "bench/harness/tables.h"
}

const char measure_target[] = HARNESS_TARGET;
const char measure_kind[] = "measured";
const char measure_unit[] = "ns";

extern "C" uint64_t workload_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

namespace
{

struct plan settings;

// A member of the group that is being measured.
struct Subject {
    const char *system;
    const struct workload_case *item;
    void *state;
    std::string name;
    struct random random;
    bool failed;
    struct case_error error;
    std::vector<double> samples;
};

// One sample. After a failure or a stop the remaining ones are empty, not skipped with
// an error: the library aborts when a benchmark's repetitions differ in their iterations.
void Sample(benchmark::State &state, Subject *subject)
{
    size_t offset = random_below(&subject->random, STACK_OFFSET_STEPS) * STACK_OFFSET_STEP;
    uint64_t elapsed = 0;
    uint64_t *wanted = subject->item->self_timed ? &elapsed : nullptr;
    const auto all = state.max_iterations;
    // The library's clock runs from the first call of KeepRunningBatch to the last.
    const bool arrived =
        !workload_tables.arrive || workload_tables.arrive(subject->system, &subject->error);
    subject->failed |= !arrived;
    while (state.KeepRunningBatch(all)) {
        if (subject->failed || measure_stop)
            continue;
        subject->failed = !stack_offset_run(offset, subject->item, subject->state,
                                            static_cast<uint64_t>(all), wanted, &subject->error);
    }
    if (arrived && workload_tables.leave)
        workload_tables.leave();
    if (wanted)
        state.SetIterationTime(static_cast<double>(elapsed) * 1e-9);
    state.counters["stack_offset"] = static_cast<double>(offset);
}

// Collects the samples, and the JSON of the library's own reporter under the
// names that the suite uses (without "/real_time" and the like).
class Collector : public benchmark::BenchmarkReporter
{
  public:
    explicit Collector(std::vector<Subject> *subjects)
    {
        for (Subject &subject : *subjects)
            subjects_[subject.name] = &subject;
        json_.SetOutputStream(&text_);
        json_.SetErrorStream(&text_);
    }

    bool ReportContext(const Context &context) override
    {
        return json_.ReportContext(context);
    }

    void ReportRuns(const std::vector<Run> &runs) override
    {
        std::vector<Run> renamed = runs;
        for (Run &run : renamed) {
            std::string name = run.run_name.function_name;
            run.run_name = benchmark::BenchmarkName();
            run.run_name.function_name = name;
            if (run.run_type == Run::RT_Iteration)
                subjects_[name]->samples.push_back(run.GetAdjustedRealTime());
        }
        json_.ReportRuns(renamed);
    }

    void Finalize() override
    {
        json_.Finalize();
    }

    // The JSON without the line that names this host: it says nothing about the figures.
    std::string Record() const
    {
        std::istringstream lines(text_.str());
        std::string record;
        for (std::string line; std::getline(lines, line);)
            if (line.find("\"host_name\":") == std::string::npos)
                record += line + "\n";
        return record;
    }

  private:
    std::map<std::string, Subject *> subjects_;
    std::ostringstream text_;
    benchmark::JSONReporter json_;
};

// The CPUs that the process may run on, as "0,1".
std::string Affinity()
{
    cpu_set_t set;
    std::string text;
    if (sched_getaffinity(0, sizeof(set), &set))
        return "unknown";
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set))
            text += (text.empty() ? "" : ",") + std::to_string(cpu);
    return text;
}

bool Measure(const struct case_group *group, void *const *states, struct measurement *measurement,
             struct failure *failure)
{
    std::vector<Subject> subjects(group->count);
    benchmark::ClearRegisteredBenchmarks();
    for (size_t i = 0; i < group->count; i++) {
        const struct group_member *member = &group->members[i];
        char name[CASE_NAME_MAX];
        case_name(name, member->table, member->item);
        // The name's hash, so that a row's offsets do not hang on the order of groups.
        const uint64_t seed = settings.seed ^ std::hash<std::string>{}(name);
        subjects[i] =
            Subject{member->table->system, member->item, states[i], name, {seed}, false, {""}, {}};
        Subject *subject = &subjects[i];
        auto *benchmark = benchmark::RegisterBenchmark(
            name, [subject](benchmark::State &state) { Sample(state, subject); });
        if (member->item->self_timed)
            benchmark->UseManualTime();
        else
            benchmark->UseRealTime();
    }
    Collector collector(&subjects);
    benchmark::RunSpecifiedBenchmarks(&collector, ".");
    benchmark::ClearRegisteredBenchmarks();

    *failure->text = 0;
    for (const Subject &subject : subjects)
        if (subject.failed)
            failure_add(failure, "%s%s: failed while it was measured: %s",
                        *failure->text ? "\n" : "", subject.name.c_str(),
                        *subject.error.message ? subject.error.message : "no reason given");
    if (*failure->text || measure_stop)
        return false;
    for (size_t i = 0; i < group->count; i++) {
        if (subjects[i].samples.size() != settings.repetitions)
            return failure_set(failure, "%s: %zu samples came back, %u are due",
                               subjects[i].name.c_str(), subjects[i].samples.size(),
                               settings.repetitions);
        std::memcpy(measurement->samples + i * settings.repetitions, subjects[i].samples.data(),
                    settings.repetitions * sizeof(double));
    }
    const std::string record = collector.Record();
    measurement->record = strdup(record.c_str());
    measurement->record_size = record.size();
    return measurement->record ? true : failure_set(failure, "out of memory");
}

} // namespace

bool measure_start(const struct plan *wanted, struct failure *failure)
try {
    settings = *wanted;
    // The library keeps pointers into its arguments.
    static std::vector<std::string> arguments = {
        "og-bench",
        "--benchmark_enable_random_interleaving=true",
        "--benchmark_repetitions=" + std::to_string(settings.repetitions),
        "--benchmark_min_time=" + std::to_string(settings.min_time),
    };
    std::vector<char *> pointers;
    pointers.reserve(arguments.size() + 1);
    for (std::string &argument : arguments)
        pointers.push_back(argument.data());
    int count = static_cast<int>(pointers.size());
    pointers.push_back(nullptr);
    benchmark::Initialize(&count, pointers.data());
    benchmark::AddCustomContext("target", measure_target);
    benchmark::AddCustomContext("seed", std::to_string(settings.seed));
    benchmark::AddCustomContext("repetitions", std::to_string(settings.repetitions));
    benchmark::AddCustomContext("min_time_seconds", std::to_string(settings.min_time));
    benchmark::AddCustomContext("cpu_affinity", Affinity());
    return true;
} catch (const std::exception &exception) {
    return failure_set(failure, "Google Benchmark cannot be started: %s", exception.what());
}

bool measure_group(const struct case_group *group, void *const *states,
                   struct measurement *measurement, struct failure *failure)
try {
    return Measure(group, states, measurement, failure);
} catch (const std::exception &exception) {
    return failure_set(failure, "%s/%s: %s", group->workload, group->operation, exception.what());
}
