#include <loopscope/process/environment_impl.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <unistd.h>

namespace loopscope::process {

namespace {

using std::string_view;

// CPUPROFILE, HEAPPROFILE and TCMALLOC_* stay out: they would make the child profile itself.
constexpr std::array<string_view, 11> allowed_names{"PATH",
                                                    "HOME",
                                                    "LANG",
                                                    "TZ",
                                                    "TMPDIR",
                                                    "LD_LIBRARY_PATH",
                                                    "ASAN_OPTIONS",
                                                    "LSAN_OPTIONS",
                                                    "TSAN_OPTIONS",
                                                    "UBSAN_OPTIONS",
                                                    "LLVM_PROFILE_FILE"};
constexpr std::array<string_view, 2> allowed_prefixes{"LC_", "GCOV_PREFIX"};

bool is_allowed(string_view name) {
  auto const starts_it = [&](string_view prefix) { return name.starts_with(prefix); };
  return std::find(allowed_names.begin(), allowed_names.end(), name) != allowed_names.end() ||
         std::any_of(allowed_prefixes.begin(), allowed_prefixes.end(), starts_it);
}

}  // namespace

std::vector<char*> allowed_environment(std::vector<std::string> const& also) {
  std::vector<char*> kept;
  for (char** each = environ; each && *each; ++each) {
    auto const text = string_view{*each};
    auto const name = text.substr(0, text.find('='));
    if (is_allowed(name) || std::find(also.begin(), also.end(), name) != also.end())
      kept.push_back(*each);
  }
  kept.push_back(nullptr);
  return kept;
}

}  // namespace loopscope::process
