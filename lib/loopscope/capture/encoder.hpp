#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/capture/kept_files.hpp>
#include <loopscope/model/cpu_quality.hpp>
#include <loopscope/model/memory_map.hpp>
#include <loopscope/model/presentation.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace loopscope::capture {

/// What the encoder process says of its work.
struct encoder_report {
  boost::json::object figures{};  ///< all that it says
  double unresolved_share = 0;    ///< of all frames, those without a name
  std::vector<model::unresolved_module> unresolved_modules{};  ///< the largest shares first
  /// Paths of files that were replaced or deleted while mapped, or cannot be read: their code has
  /// no names.
  std::vector<std::string> changed_modules{};
  std::vector<std::string> notes{};  ///< what else is missing, and how to get it: sentences
};

/// Runs `loopscope encode` as a process of its own, niced, with an environment that has none of
/// our secrets. Symbolizing takes tens of megabytes and a parser of foreign bytes, which the
/// service is spared. It may look into this process for files that are on the disk no more; we keep
/// them open for it. \thread control
class encoder {
 public:
  /// \param program  the `loopscope` executable.
  explicit encoder(std::filesystem::path program);

  /// Keeps open what code is mapped from, and was not at the last call or the construction.
  /// \param maps  of this process, as from `parse_maps`. \thread the short lane
  void keep_files(std::span<model::mapping const> maps) { files_.update(maps); }

  /// Encodes `raw` into existing files.
  /// \param outputs  pairs of format and path.
  /// \param shown    how people want to read them.
  /// \param limit    the process is killed when it takes longer.
  /// \return  errc::encoder_failed with `why` set: it could not be started, ended with an error
  ///          or a signal, or took too long;
  ///          errc::storage_full  there was no room for its output;
  ///          errc::cancelled.
  /// \cancel  any: the process is killed; the outputs are then worthless.
  boost::asio::awaitable<result<encoder_report>> run(
      std::filesystem::path const& raw,
      std::vector<std::pair<std::string, std::filesystem::path>> const& outputs,
      model::presentation shown, std::chrono::seconds limit, std::string& why) const;

 private:
  std::filesystem::path program_;
  kept_files files_;
};

/// The encoder to use: `configured` if it is set, else `loopscope` beside the running executable,
/// else in `../libexec/loopscope`.
/// \return errc::not_found  none of them is there and may be executed.
/// \throws  system_error if it has to be looked for and there is no /proc.
result<std::filesystem::path> find_encoder(std::filesystem::path const& configured);

}  // namespace loopscope::capture
