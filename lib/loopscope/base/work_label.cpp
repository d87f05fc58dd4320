#include <loopscope/base/work_label.hpp>

namespace loopscope {

constinit thread_local std::string_view const* current_work_label
    __attribute__((tls_model("initial-exec"))) = nullptr;

}  // namespace loopscope
