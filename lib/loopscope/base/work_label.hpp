#pragma once

#include <string_view>
#include <utility>

namespace loopscope {

/// What the calling thread works on right now, for profiles: a route's path, say, or null.
///
/// Points to text with static storage. A signal handler of the same thread may read it at any
/// time: it is one pointer, changed by one instruction.
extern constinit thread_local std::string_view const* current_work_label
    __attribute__((tls_model("initial-exec")));

/// Sets the label for as long as the object lives.
class work_label_scope {
 public:
  explicit work_label_scope(std::string_view const* label) noexcept
      : before_{std::exchange(current_work_label, label)} {}
  ~work_label_scope() { current_work_label = before_; }
  work_label_scope(work_label_scope const&) = delete;
  work_label_scope& operator=(work_label_scope const&) = delete;

 private:
  std::string_view const* before_;
};

}  // namespace loopscope
