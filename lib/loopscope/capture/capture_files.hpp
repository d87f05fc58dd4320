#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/capture/capture_job.hpp>
#include <loopscope/capture/encoder.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>
#include <utility>
#include <vector>

namespace loopscope::capture {

/// What captures are stored and encoded with. Everything outlives the captures.
struct capture_services {
  artifacts::store& store;  ///< used on the short lane
  runtime::workers& workers;
  capture::encoder& encoder;  ///< its files are kept on the short lane
};

struct encoded_files {
  std::vector<artifacts::artifact> artifacts;  ///< in the order of the formats
  encoder_report report;
};

/// The files of one capture of any kind. \thread control
class capture_files {
 public:
  /// \param stem  of their names.
  capture_files(capture_services with, std::string stem) : with_{with}, stem_{std::move(stem)} {}

  /// A file for the raw capture, to be written.
  /// \return  errc::quota_exceeded, a storage error.
  boost::asio::awaitable<result<artifacts::pending_artifact>> create_raw();

  /// Publishes the raw capture.
  /// \return  errc::quota_exceeded, a storage error.
  boost::asio::awaitable<result<artifacts::artifact>> store_raw(artifacts::pending_artifact file);

  /// Writes and publishes the raw capture.
  /// \return  errc::quota_exceeded, a storage error.
  boost::asio::awaitable<result<artifacts::artifact>> store_raw(std::string bytes);

  /// Has the raw capture encoded, publishes what the encoder wrote and removes the raw capture. It
  /// is kept, and the job's detail says where, if the encoder fails.
  /// \param formats  extensions of the files.
  /// \param shown    how people want to read them.
  /// \return  errc::cancelled  the job was, and nothing is left;
  ///          errc::encoder_failed, errc::quota_exceeded, a storage error.
  boost::asio::awaitable<result<encoded_files>> encode(capture_job& job, artifacts::artifact raw,
                                                       std::vector<std::string> formats,
                                                       model::presentation shown);

 private:
  using pending_files = std::vector<artifacts::pending_artifact>;

  boost::asio::awaitable<result<pending_files>> create(std::vector<std::string> extensions);
  boost::asio::awaitable<result<encoder_report>> run_encoder(
      capture_job& job, artifacts::artifact const& raw, std::vector<std::string> const& formats,
      pending_files const& outputs, model::presentation shown);
  /// Makes what was written durable and reads its digest: as long as there are bytes.
  /// \return  errc::encoder_failed if a file is empty; a storage error; none.
  boost::asio::awaitable<boost::system::error_code> complete(pending_files& files);
  boost::asio::awaitable<result<std::vector<artifacts::artifact>>> commit(pending_files files);
  boost::asio::awaitable<void> drop(pending_files files);
  boost::asio::awaitable<void> remove(std::string name);

  capture_services with_;
  std::string stem_;
};

}  // namespace loopscope::capture
