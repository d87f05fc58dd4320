#include <loopscope/base/build_id.hpp>
#include <loopscope/capture/heap_verdict.hpp>
#include <loopscope/capture/verdict_rules_impl.hpp>

#include <boost/json/array.hpp>

#include <chrono>
#include <string>

namespace loopscope::capture {

namespace {

using model::heap_quality;
using model::verdict;

void judge_tracking(heap_quality const& of, findings& to) {
  if (of.sampled) {
    auto const samples = static_cast<double>(of.samples);
    to.add(level_below(samples, few_heap_samples),
           "There are only " + std::to_string(of.samples) +
               " samples: figures are rough. Switch heap tracking to exact for all objects.");
    return;
  }
  auto const tracked = ratio(of.tracked_bytes, of.allocated_bytes);
  if (of.allocated_bytes != 0)
    to.add(level_below(tracked, tracked_share),
           "Only " + percent(tracked) +
               " of the allocated bytes are tracked: the others were allocated before tracking "
               "was switched on, or by malloc. Start the service with exact tracking.");
  auto const lost = ratio(of.lost, of.objects + of.lost);
  to.add(level(lost, lost_share),
         std::to_string(of.lost) +
             " objects are missing, freed since or not: there was no memory for the table. Raise "
             "the memory limit.");
}

void judge_scan(heap_quality const& of, findings& to) {
  if (of.sampled || of.tracked_bytes == 0) return;
  auto const scanned = ratio(of.scanned_bytes, of.tracked_bytes);
  to.add(level_below(scanned, scanned_share),
         percent(1 - scanned) +
             " of the objects' bytes could not be read: retainers and retained sizes are "
             "incomplete. Allow the service to read /proc/self/mem.");
  if (of.untyped_share > much_untyped)
    to.add(verdict::usable, percent(of.untyped_share) +
                                " of the objects have no type, and are called by where they were "
                                "allocated. Build with -g and with frame pointers "
                                "(-fno-omit-frame-pointer).");
}

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

judgement judge(heap_quality const& quality) {
  findings found;
  judge_tracking(quality, found);
  judge_scan(quality, found);
  found.add(level(quality.unresolved_share, heap_unresolved_share),
            percent(quality.unresolved_share) +
                " of all frames of allocation stacks have no name. Install debug symbols, or link "
                "without stripping.");
  judge_files(quality.changed_modules, quality.notes, found);
  return found.take();
}

boost::json::object to_json(heap_quality const& quality, judgement const& judged) {
  return {{"verdict", to_text(judged.verdict)},
          {"warnings", boost::json::array(judged.warnings.begin(), judged.warnings.end())},
          {"tracking", quality.sampled ? "sampled" : "exact"},
          {"objects", quality.objects},
          {"samples", quality.samples},
          {"trackedBytes", quality.tracked_bytes},
          {"allocatedBytes", quality.allocated_bytes},
          {"lostObjects", quality.lost},
          {"scanCoverage", ratio(quality.scanned_bytes, quality.tracked_bytes)},
          {"unreachedObjects", quality.unreached_objects},
          {"unreachedBytes", quality.unreached_bytes},
          {"untypedShare", quality.untyped_share},
          {"unresolvedShare", quality.unresolved_share},
          {"pauseMs", milliseconds(quality.pause)},
          {"buildId", executable_build_id()}};
}

}  // namespace loopscope::capture
