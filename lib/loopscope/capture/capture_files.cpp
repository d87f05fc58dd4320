#include <loopscope/capture/capture_files.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <tuple>

namespace loopscope::capture {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto encoder_limit = 120s;

bool is_empty(artifacts::pending_artifact const& file) {
  return std::filesystem::file_size(file.path()) == 0;
}

}  // namespace

asio::awaitable<result<artifacts::pending_artifact>> capture_files::create_raw() {
  std::vector<std::string> const extension{"raw"};
  auto files = co_await create(extension);
  if (!files) co_return files.error();
  co_return std::move(files->front());
}

asio::awaitable<result<artifacts::artifact>> capture_files::store_raw(
    artifacts::pending_artifact file) {
  pending_files files;
  files.push_back(std::move(file));
  auto const completed = co_await complete(files);
  if (completed) co_return completed;
  auto stored = co_await commit(std::move(files));
  if (!stored) co_return stored.error();
  co_return std::move(stored->front());
}

asio::awaitable<result<artifacts::artifact>> capture_files::store_raw(std::string bytes) {
  auto file = co_await create_raw();
  if (!file) co_return file.error();
  auto write = [&] { return file->write(bytes); };
  auto const written = co_await runtime::offload(with_.workers.bulk_lane, std::move(write));
  if (!written) co_return written.error();
  co_return co_await store_raw(std::move(*file));
}

asio::awaitable<result<encoded_files>> capture_files::encode(capture_job& job,
                                                             artifacts::artifact raw,
                                                             std::vector<std::string> formats,
                                                             model::presentation shown) {
  auto files = co_await create(formats);
  if (!files) co_return files.error();
  auto report = co_await run_encoder(job, raw, formats, *files, shown);
  if (report) {
    auto const completed = co_await complete(*files);
    if (completed == make_error_code(errc::encoder_failed))
      job.state.detail = "it left a file empty";
    if (completed) report = completed;
  }
  // Nothing can be cancelled any more once the files are published.
  if (job.is_cancelled()) report = errc::cancelled;
  if (!report) {
    co_await drop(std::move(*files));
    if (report.error() == make_error_code(errc::cancelled))
      co_await remove(raw.name);
    else
      job.state.detail += "; the raw capture is kept: " + raw.path.string();
    co_return report.error();
  }
  auto artifacts = co_await commit(std::move(*files));
  if (!artifacts) co_return artifacts.error();
  co_await remove(raw.name);
  co_return encoded_files{std::move(*artifacts), *report};
}

asio::awaitable<result<capture_files::pending_files>> capture_files::create(
    std::vector<std::string> extensions) {
  auto create_all = [&]() -> result<pending_files> {
    pending_files files;
    for (auto const& extension : extensions) {
      auto file = with_.store.create(stem_ + '.' + extension);
      if (!file) return file.error();
      files.push_back(std::move(*file));
    }
    return files;
  };
  co_return co_await runtime::offload(with_.workers.short_lane, std::move(create_all));
}

asio::awaitable<result<encoder_report>> capture_files::run_encoder(
    capture_job& job, artifacts::artifact const& raw, std::vector<std::string> const& formats,
    pending_files const& outputs, model::presentation shown) {
  if (job.is_cancelled()) co_return errc::cancelled;
  std::vector<std::pair<std::string, std::filesystem::path>> paths;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    paths.emplace_back(formats[i], outputs[i].path());
  auto work = with_.encoder.run(raw.path, paths, shown, encoder_limit, job.state.detail);
  co_return co_await job.cancellable(std::move(work));
}

asio::awaitable<boost::system::error_code> capture_files::complete(pending_files& files) {
  auto work = [&] {
    boost::system::error_code failure;
    if (std::any_of(files.begin(), files.end(), is_empty)) failure = errc::encoder_failed;
    for (auto each = files.begin(); !failure && each != files.end(); ++each)
      if (auto const done = each->complete(); !done) failure = done.error();
    return failure;
  };
  co_return co_await runtime::offload(with_.workers.bulk_lane, std::move(work));
}

asio::awaitable<result<std::vector<artifacts::artifact>>> capture_files::commit(
    pending_files files) {
  auto work = [&] { return with_.store.commit(std::move(files)); };
  co_return co_await runtime::offload(with_.workers.short_lane, std::move(work));
}

asio::awaitable<void> capture_files::drop(pending_files files) {
  auto work = [&] { files.clear(); };
  co_await runtime::offload(with_.workers.bulk_lane, std::move(work));
}

asio::awaitable<void> capture_files::remove(std::string name) {
  auto work = [&] { std::ignore = with_.store.remove(name); };  // evicted already is as good
  co_await runtime::offload(with_.workers.short_lane, std::move(work));
}

}  // namespace loopscope::capture
