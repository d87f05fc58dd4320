#include <loopscope/base/build_id.hpp>
#include <loopscope/capture/cpu_verdict.hpp>
#include <loopscope/capture/verdict_rules_impl.hpp>

#include <boost/json/array.hpp>
#include <boost/version.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace loopscope::capture {

namespace {

using model::cpu_quality;
using model::verdict;

std::string in_seconds(cpu_quality::seconds time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f s", time.count());
  return text.data();
}

void judge_number(cpu_quality const& of, findings& to) {
  auto const taken = static_cast<double>(of.samples_taken);
  auto const found = level_below(taken, few_samples);
  auto const noun = of.samples_taken == 1 ? " sample was" : " samples were";
  to.add(found, "Only " + std::to_string(of.samples_taken) + noun +
                    " taken: shares are rough. Record longer or with a higher hz.");
  if (of.truncated)
    to.add(verdict::usable,
           "A shutdown ended the recording after " + in_seconds(of.measured) + ". Record again.");
}

void judge_dropped(cpu_quality const& of, findings& to) {
  auto const dropped = ratio(of.dropped, of.samples_expected);
  to.add(level(dropped, dropped_share), percent(dropped) +
                                            " of the samples found no room in the buffer and are "
                                            "missing. Record with a lower hz.");
}

// \return whether the thread was kept from the CPUs.
bool judge_cpu(cpu_quality const& of, findings& to) {
  auto const before = to.count();
  auto const queued = ratio(of.run_queue.count(), of.measured.count());
  to.add(level(queued, run_queue_share),
         "The loop thread waited " + in_seconds(of.run_queue) + " (" + percent(queued) +
             ") for a CPU: what it was doing then looks slower than it is. Stop what competes, or "
             "give the service more CPUs.");
  auto const throttled = ratio(of.throttled.count(), of.measured.count());
  to.add(level(throttled, throttled_share),
         "The CPU quota stopped the service for " + in_seconds(of.throttled) + " (" +
             percent(throttled) +
             "): what it was doing then looks slower than it is. Raise the quota.");
  auto const stolen = ratio(of.stolen.count(), of.measured.count() * of.cpus);
  to.add(level(stolen, stolen_share),
         "Other machines on this host took " + percent(stolen) +
             " of the CPU time: times are too long. Record again, or move to another host.");
  return to.count() > before;
}

// A thread that is kept from the CPUs misses ticks: that is said once, with its cause.
void judge_missed(cpu_quality const& of, findings& to, bool is_explained) {
  auto const had = of.samples_taken + of.dropped;
  auto const missed =
      ratio(of.samples_expected - std::min(had, of.samples_expected), of.samples_expected);
  auto const found = level(missed, missed_share);
  if (is_explained) return to.raise(found);
  to.add(found,
         percent(missed) +
             " of the samples were not taken when they were due: the loop thread did not run, and "
             "the next sample stands for that time. See whether a debugger or a signal "
             "stopped it.");
}

void judge_names(cpu_quality const& of, findings& to) {
  constexpr std::size_t named_at_most = 3;
  double share = 0;
  bool is_in_file = false;
  std::string where;
  for (auto const& each : of.unresolved_modules) {
    share += each.share;
    is_in_file = is_in_file || !each.path.empty();
    if (&each - of.unresolved_modules.data() >= static_cast<std::ptrdiff_t>(named_at_most))
      continue;
    where += where.empty() ? ": " : ", ";
    where += percent(each.share) + " in " +
             (each.path.empty() ? "code that belongs to no file" : each.path);
  }
  to.add(level(share, unresolved_share),
         percent(share) + " of all frames have no name" + where +
             (is_in_file ? ". Install debug symbols for it, or link it without stripping."
                         : ". A compiler made it at run time, and knows its names alone."));
  judge_files(of.changed_modules, of.notes, to);
  // With those of changed files.
  auto const in_all = level(of.unresolved_share, unresolved_share);
  if (!of.changed_modules.empty() && in_all == verdict::misleading)
    to.add(in_all, percent(of.unresolved_share) + " of all frames have no name.");
}

void judge_stacks(cpu_quality const& of, findings& to) {
  auto const cut = ratio(of.cut_stacks, of.samples_taken);
  to.add(level(cut, cut_share),
         percent(cut) +
             " of the stacks are deeper than is kept: below [stack cut] callers are missing, and "
             "their times are too small. Look at the functions that recurse.");
  auto const broken = ratio(of.broken_stacks, of.samples_taken);
  to.add(level(broken, broken_share),
         percent(broken) +
             " of the stacks are broken: below [broken stack] callers are missing, and their times "
             "are too small. Build that code with unwind tables or frame pointers.");
  if (!of.async_stacks)
    to.add(verdict::usable,
           "Coroutines that wait are missing from the stacks: this version of Boost "
           "(" BOOST_LIB_VERSION ") is not known. Build with Boost 1.80 to 1.89.");
}

void judge_threads(cpu_quality const& of, findings& to) {
  auto const other = ratio(of.other_cpu.count(), (of.loop_cpu + of.other_cpu).count());
  auto const of_cpu = ratio(of.other_cpu.count(), of.measured.count());
  if (other < other_threads_share || of_cpu < other_threads_of_cpu) return;
  to.add(verdict::usable, percent(other) + " of the process' CPU time (" +
                              in_seconds(of.other_cpu) +
                              ") was used by threads other than the loop's, which this profile "
                              "does not show. Look at them with top -H or perf.");
}

}  // namespace

judgement judge(model::cpu_quality const& quality) {
  findings found;
  judge_number(quality, found);
  judge_dropped(quality, found);
  judge_missed(quality, found, judge_cpu(quality, found));
  judge_names(quality, found);
  judge_stacks(quality, found);
  judge_threads(quality, found);
  return found.take();
}

boost::json::object to_json(cpu_quality const& quality, judgement const& judged) {
  return {{"verdict", to_text(judged.verdict)},
          {"warnings", boost::json::array(judged.warnings.begin(), judged.warnings.end())},
          {"samplesExpected", quality.samples_expected},
          {"samplesTaken", quality.samples_taken},
          {"dropped", quality.dropped},
          {"overruns", quality.overruns},
          {"cutStacks", quality.cut_stacks},
          {"brokenStacks", quality.broken_stacks},
          {"unresolvedShare", quality.unresolved_share},
          {"measuredSeconds", quality.measured.count()},
          {"loopCpuSeconds", quality.loop_cpu.count()},
          {"otherCpuSeconds", quality.other_cpu.count()},
          {"runQueueSeconds", quality.run_queue.count()},
          {"throttledSeconds", quality.throttled.count()},
          {"stealSeconds", quality.stolen.count()},
          {"cpus", quality.cpus},
          {"truncated", quality.truncated},
          {"buildId", executable_build_id()}};
}

}  // namespace loopscope::capture
