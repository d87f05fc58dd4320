#include <loopscope/base/file_descriptor.hpp>

#include <algorithm>
#include <cerrno>
#include <sys/resource.h>
#include <system_error>

namespace loopscope {

std::size_t raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    throw std::system_error{errno, std::generic_category(), "getrlimit"};
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  auto raised = limit;
  raised.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

}  // namespace loopscope
