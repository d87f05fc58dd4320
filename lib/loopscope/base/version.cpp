#include <loopscope/base/version.hpp>

namespace loopscope {

std::string_view version() noexcept {
  return LOOPSCOPE_VERSION;
}

}  // namespace loopscope
