// Another library's code, which knows nothing of the hook.
#include "churn.hpp"

boost::asio::awaitable<void> churn_unhooked(std::chrono::steady_clock::time_point end,
                                            boost::asio::thread_pool& other) {
  return churn::until(end, other);
}
