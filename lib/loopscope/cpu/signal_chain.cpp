#include <loopscope/cpu/signal_chain_impl.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

namespace loopscope::cpu {

namespace {

// The handlers before ours, the latest last. Once it is published it never changes and is never
// freed, for a handler may be reading it; there is a new one when others have installed a handler.
struct chain {
  std::vector<struct sigaction> actions;
  chain const* before;
};

std::atomic<chain const*> latest{nullptr};

// How far down the chain the calling thread is, in the signal that it handles.
struct position {
  std::size_t depth = 0;
  std::uintptr_t frame = 0;  // of the first call of our handler for the signal
};

constinit thread_local position here __attribute__((tls_model("initial-exec")));

bool is_same_handler(struct sigaction const& a, struct sigaction const& b) {
  return (a.sa_flags & SA_SIGINFO) == (b.sa_flags & SA_SIGINFO) && a.sa_handler == b.sa_handler;
}

void call(struct sigaction const& action, int signal, siginfo_t* info, void* context) {
  if ((action.sa_flags & SA_SIGINFO) != 0)
    action.sa_sigaction(signal, info, context);
  else if (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN)
    action.sa_handler(signal);
}

void extend_chain(struct sigaction const& by) {
  auto const* const before = latest.load();
  std::vector<struct sigaction> actions;
  if (before) actions = before->actions;
  // One that was installed once more is called once, as the latest.
  std::erase_if(actions, [&](auto const& each) { return is_same_handler(each, by); });
  actions.push_back(by);
  latest.store(new chain{std::move(actions), before});
}

}  // namespace

void install_sigprof(signal_action handler) {
  struct sigaction found {};
  sigaction(SIGPROF, nullptr, &found);
  if (found.sa_sigaction == handler) return;
  extend_chain(found);  // first: where it fails, and when a signal comes, found is still called
  struct sigaction ours {};
  ours.sa_sigaction = handler;
  // Not SA_ONSTACK: a program's own alternate stack may be too small for the handlers before ours.
  ours.sa_flags = SA_SIGINFO | SA_RESTART;
  ours.sa_mask = found.sa_mask;  // the handler that we call may count on it
  struct sigaction replaced {};
  if (sigaction(SIGPROF, &ours, &replaced) != 0)
    throw std::system_error{errno, std::generic_category(), "sigaction"};
  // Another thread was faster than we, or than what we found.
  if (replaced.sa_sigaction != handler && !is_same_handler(replaced, found)) extend_chain(replaced);
}

bool is_called_back() noexcept {
  constexpr std::uintptr_t far = std::uintptr_t{1} << 20;
  // A handler that left by a jump has not told us. Its frame is gone when ours is not below it.
  auto const frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (here.depth != 0 && (frame >= here.frame || here.frame - frame > far)) here = {};
  return here.depth != 0;
}

void call_previous(int signal, siginfo_t* info, void* context) noexcept {
  auto const* const all = latest.load();
  if (!all || here.depth >= all->actions.size()) return;
  auto const& action = all->actions[all->actions.size() - 1 - here.depth];
  if (here.depth == 0) here.frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  ++here.depth;
  call(action, signal, info, context);
  if (here.depth != 0) --here.depth;
}

}  // namespace loopscope::cpu
