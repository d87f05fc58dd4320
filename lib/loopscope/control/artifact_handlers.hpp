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

/// GET, HEAD -> the bytes, with `ETag`, `X-Artifact-Sha256`, `Range` and `If-Range`.
///
/// 404 none of ours, 416 a range that is not there or several of them.
struct send_artifact {
  runtime::workers& workers;
  artifacts::store& store;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

/// DELETE -> 204, or 404.
struct delete_artifact {
  runtime::workers& workers;
  artifacts::store& store;

  boost::asio::awaitable<http::response> operator()(http::request const& request) const;
};

}  // namespace loopscope::control
