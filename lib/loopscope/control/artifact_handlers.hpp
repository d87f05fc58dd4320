#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/http/message.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/awaitable.hpp>

namespace loopscope::control {

/// GET -> `{artifacts: [...], count, bytes}`, oldest first. A file that this process did not write
/// is read once, for its digest.
struct list_artifacts {
  runtime::workers& workers;
  artifacts::store& store;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

/// GET, HEAD -> the bytes, with `ETag`, `X-Artifact-Sha256`, `Range` and `If-Range`; several ranges
/// get the whole.
///
/// 304, 412 a precondition, 404 none of ours, 416 a range that is not there.
struct send_artifact {
  runtime::workers& workers;
  artifacts::store& store;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

/// DELETE -> 204, 404, or 412 if it is not what `If-Match` says.
struct delete_artifact {
  runtime::workers& workers;
  artifacts::store& store;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

}  // namespace loopscope::control
