#include <loopscope/runtime/workers.hpp>

#include <boost/asio/post.hpp>

#include <csignal>

namespace loopscope::runtime {

workers::workers() : pool_{1} {
  boost::asio::post(pool_, [] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
  });
}

}  // namespace loopscope::runtime
