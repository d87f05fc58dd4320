#include "support/catch.hpp"

#include <loopscope/base/result.hpp>

#include <boost/system/errc.hpp>

#include <cerrno>
#include <set>
#include <string>

using namespace loopscope;

TEST_CASE("Every failure has a message of its own", "[base]") {
  auto const unknown = loopscope_category().message(0);
  std::set<std::string> messages{unknown};
  int number = 1;
  for (; number <= static_cast<int>(errc::raw_malformed); ++number) {
    auto const message = make_error_code(static_cast<errc>(number)).message();
    CAPTURE(number, message);

    CHECK_FALSE(message.empty());
    CHECK(messages.insert(message).second);
  }

  // raw_malformed is the last: the next number is no failure of ours.
  CHECK(loopscope_category().message(number) == unknown);
}

TEST_CASE("A failure is told apart from others and from success", "[base]") {
  result<int> const failed = errc::busy;
  result<int> const done = 7;

  CHECK(failed.has_error());
  CHECK(failed.error() == errc::busy);
  CHECK(failed.error() != errc::timed_out);
  CHECK(failed.error().category() == loopscope_category());
  CHECK(std::string{loopscope_category().name()} == "loopscope");
  CHECK(failed.error() != boost::system::error_code(1, boost::system::generic_category()));
  CHECK(done.value() == 7);
}

TEST_CASE("A failed file operation keeps its cause", "[base]") {
  result<int> const failed = storage_error(EMFILE);

  CHECK(failed.error() == storage_error(EMFILE));
  CHECK(failed.error() != storage_error(ENFILE));
  CHECK(failed.error() == boost::system::errc::too_many_files_open);
  CHECK(failed.error().message() == "artifact storage: Too many open files");
  CHECK(std::string{storage_category().name()} == "loopscope.storage");
}

TEST_CASE("No room is told apart from other causes", "[base]") {
  for (auto const error : {ENOSPC, EDQUOT, EFBIG}) CHECK(means_no_space(error));
  for (auto const error : {0, EIO, EROFS, ENOENT, EMFILE}) CHECK_FALSE(means_no_space(error));
}
