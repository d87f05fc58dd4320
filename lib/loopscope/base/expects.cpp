#include <loopscope/base/expects.hpp>

#include <cstdio>
#include <cstdlib>

namespace loopscope::detail {

void contract_broken(char const* expression, char const* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: contract broken: %s\n", file, line, expression);
  std::abort();
}

}  // namespace loopscope::detail
