#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <filesystem>
#include <string>

namespace loopscope::capture {

/// What compares heap snapshots: one comparison at a time, for each takes memory for two of them.
/// \thread control
struct heap_comparer {
  std::filesystem::path program;  ///< the `loopscope` executable
  bool is_running = false;
};

/// Tells what came and went between two heap snapshots of one process. `loopscope heap diff` does
/// it, as a process of its own. \thread control
class heap_comparison {
 public:
  struct files {
    std::filesystem::path from;
    std::filesystem::path to;
    bool folded = false;  ///< write growth by stack, for flame graphs; else JSON: by type and site
  };

  /// \param by  outlives the object.
  heap_comparison(boost::asio::any_io_executor control, heap_comparer& by, files of);
  heap_comparison(heap_comparison const&) = delete;
  heap_comparison& operator=(heap_comparison const&) = delete;

  /// Once.
  /// \return  a file of memory alone with the outcome, from its beginning;
  ///          errc::busy  another comparison runs;
  ///          errc::invalid_argument  with detail(): they are of different processes;
  ///          errc::encoder_failed, errc::storage_full  with detail();
  ///          errc::cancelled.
  /// \throws system_error if there is no memory for the file.
  /// \cancel  by cancel() alone.
  boost::asio::awaitable<result<file_descriptor>> run();

  /// Ends it now, or as soon as it begins.
  void cancel();

  /// Why it failed, for people.
  [[nodiscard]] std::string const& detail() const noexcept { return detail_; }

 private:
  boost::asio::awaitable<result<void>> write_to(int output);

  boost::asio::any_io_executor control_;
  heap_comparer& by_;
  files of_;
  std::string detail_;
  boost::asio::cancellation_signal cancellation_;
  bool is_cancelled_ = false;
};

}  // namespace loopscope::capture
