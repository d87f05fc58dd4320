#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace lab {

/// Whether processes that lose their parent become children of this one: it is process 1, of a
/// container without an init, or a subreaper.
bool inherits_orphans() noexcept;

/// Reaps orphans when they end, which would stay as zombies until the container ends. Children of
/// loopscope::process are left to their owner.
/// \thread that of its executor
class orphan_reaper {
 public:
  /// \param on  runs on one thread and outlives the object.
  explicit orphan_reaper(boost::asio::any_io_executor const& on);

  void start() { reap(); }

  /// Leaves nothing to do on the executor.
  void stop();

 private:
  void reap();

  boost::asio::signal_set ended_;
  boost::asio::steady_timer later_;
  bool stopped_ = false;
};

}  // namespace lab
