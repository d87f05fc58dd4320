#pragma once

#include <loopscope/base/result.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace loopscope::capture {

/// What the encoder process says of its work.
struct encoder_report {
  double unresolved_share = 0;  ///< of all frames, those without a name
};

/// Runs `loopscope encode` as a process of its own, niced, with an environment that has none of
/// our secrets. Symbolizing takes tens of megabytes and a parser of foreign bytes, which the
/// service is spared. \thread control
class encoder {
 public:
  /// \param program  the `loopscope` executable.
  explicit encoder(std::filesystem::path program) : program_{std::move(program)} {}

  /// Encodes `raw` into existing files.
  /// \param outputs  pairs of format and path.
  /// \param limit    the process is killed when it takes longer.
  /// \return  errc::encoder_failed with `why` set: it could not be started, ended with an error
  ///          or a signal, or took too long;
  ///          errc::storage_full  there was no room for its output;
  ///          errc::cancelled.
  /// \cancel  any: the process is killed; the outputs are then worthless.
  boost::asio::awaitable<result<encoder_report>> run(
      std::filesystem::path const& raw,
      std::vector<std::pair<std::string, std::filesystem::path>> const& outputs,
      std::chrono::seconds limit, std::string& why) const;

 private:
  std::filesystem::path program_;
};

/// The encoder to use: `configured` if it is set, else `loopscope` beside the running executable,
/// else in `../libexec/loopscope`.
/// \return errc::not_found  none of them is there and may be executed.
result<std::filesystem::path> find_encoder(std::filesystem::path const& configured);

}  // namespace loopscope::capture
