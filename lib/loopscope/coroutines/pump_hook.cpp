#include <loopscope/coroutines/chain_impl.hpp>
#include <loopscope/coroutines/pump_hook.hpp>

#include <utility>

namespace loopscope::coroutines {

constinit thread_local pumping const* innermost_pumping __attribute__((tls_model("initial-exec"))) =
    nullptr;
constinit std::atomic<int> initiation_readers{0};

#if LOOPSCOPE_HAS_PUMP_HOOK
namespace {

class pumping_scope {
 public:
  explicit pumping_scope(pumping const& here) noexcept : outer_{here.outer} {
    std::atomic_signal_fence(std::memory_order_release);  // complete before a handler finds it
    innermost_pumping = &here;
  }
  ~pumping_scope() { innermost_pumping = outer_; }
  pumping_scope(pumping_scope const&) = delete;
  pumping_scope& operator=(pumping_scope const&) = delete;

 private:
  pumping const* outer_;
};

// Until it is resumed, a chain whose operation is initiated belongs to that operation: any thread
// may resume or free it. So its words are noted while it still belongs to us.
void note(pumping& here, any_frame const& suspended) noexcept {
  if (initiation_readers.load(std::memory_order_relaxed) == 0) return;
  auto const depth = write_chain(&suspended, here.waiting);
  std::atomic_signal_fence(std::memory_order_release);
  here.noted = static_cast<std::uint32_t>(depth);
}

}  // namespace
#endif

}  // namespace loopscope::coroutines

#if LOOPSCOPE_HAS_PUMP_HOOK
namespace boost::asio::detail {

// Does what Asio's own does: resumes the top coroutine and starts the operation that it awaits,
// until the chain is handed to an operation or ends; an exception that is left goes to the caller.
// Source: boost/asio/impl/awaitable.hpp, awaitable_thread::pump() and
// awaitable_frame_base::resume()
template <>
[[gnu::noinline]] void awaitable_thread<any_io_executor>::pump() {
  using namespace loopscope::coroutines;
  auto*& root = bottom_of_stack_.frame_;
  {
    pumping here{root, root->top_of_stack_, innermost_pumping};
    pumping_scope const scope{here};
    while (root && root->top_of_stack_) {
      any_frame& running = *root->top_of_stack_;
      any_frame::resume_context suspension;
      frame_access::context(running) = &suspension;
      frame_access::handle(running).resume();
      if (!suspension.after_suspend_fn_) continue;
      note(here, running);
      suspension.after_suspend_fn_(suspension.after_suspend_arg_);
      here.noted = 0;
    }
  }
  if (!root) return;
  awaitable<awaitable_thread_entry_point, any_io_executor> const finished{
      std::move(bottom_of_stack_)};
  finished.frame_->rethrow_exception();
}

}  // namespace boost::asio::detail
#endif
