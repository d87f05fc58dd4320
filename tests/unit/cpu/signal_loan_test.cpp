#include "support/catch.hpp"

#include <loopscope/cpu/signal_loan_impl.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using loopscope::cpu::signal_loan;

namespace {

// Tells when it is freed.
struct counted {
  explicit counted(int& count) : freed{count} {}
  ~counted() { ++freed; }
  counted(counted const&) = delete;
  counted& operator=(counted const&) = delete;

  int& freed;
  int uses = 0;
};

// What a handler would be: it uses the object until it is let go.
class stuck {
 public:
  explicit stuck(signal_loan<counted>& loan) {
    thread_ = std::thread{[this, &loan] {
      loan.use([this](counted&) {
        inside_ = true;
        inside_.notify_one();
        may_leave_.wait(false);
      });
    }};
    inside_.wait(false);
  }
  ~stuck() { leave(); }
  stuck(stuck const&) = delete;
  stuck& operator=(stuck const&) = delete;

  void leave() {
    if (!thread_.joinable()) return;
    may_leave_ = true;
    may_leave_.notify_one();
    thread_.join();
  }

 private:
  std::atomic<bool> inside_{false};
  std::atomic<bool> may_leave_{false};
  std::thread thread_;
};

int times_used(signal_loan<counted>& loan) {
  int calls = 0;
  loan.use([&](counted& object) { calls = ++object.uses; });
  return calls;
}

}  // namespace

TEST_CASE("What is lent to a signal handler", "[cpu]") {
  signal_loan<counted> loan;
  int freed = 0;
  CHECK(times_used(loan) == 0);
  auto* const object = loan.lend(std::make_unique<counted>(freed));
  REQUIRE(object);

  SECTION("is used until it is taken back") {
    CHECK(times_used(loan) == 1);
    CHECK(times_used(loan) == 2);

    CHECK(loan.withdraw(1min));
    CHECK(times_used(loan) == 0);
    CHECK(object->uses == 2);
    CHECK(freed == 0);
    loan.release();
    CHECK(freed == 1);
  }

  SECTION("is one thing at a time") {
    int others = 0;
    CHECK_FALSE(loan.lend(std::make_unique<counted>(others)));

    CHECK(others == 1);
    CHECK(times_used(loan) == 1);
    loan.withdraw(1min);
    CHECK_FALSE(loan.lend(std::make_unique<counted>(others)));
    loan.release();
    CHECK(loan.lend(std::make_unique<counted>(others)));
    loan.withdraw(1min);
    loan.release();
  }

  SECTION("is kept as long as a handler does not leave, and waited for no longer than allowed") {
    stuck handler{loan};

    CHECK_FALSE(loan.withdraw(1ms));
    CHECK(times_used(loan) == 0);
    loan.release();
    CHECK(freed == 0);

    int others = 0;
    REQUIRE(loan.lend(std::make_unique<counted>(others)));
    CHECK(times_used(loan) == 1);
    CHECK(loan.withdraw(1min));
    loan.release();
    CHECK(others == 1);
    CHECK(freed == 0);

    handler.leave();
    REQUIRE(loan.lend(std::make_unique<counted>(others)));
    CHECK(freed == 1);
    loan.withdraw(1min);
    loan.release();
  }

  SECTION("is waited for while a handler uses it") {
    std::thread owner;
    bool all_left = false;
    {
      stuck const handler{loan};
      owner = std::thread{[&] { all_left = loan.withdraw(1min); }};
    }
    owner.join();
    loan.release();
    CHECK(all_left);
    CHECK(freed == 1);
  }
}

TEST_CASE("No more is lent once handlers are stuck in every place", "[cpu]") {
  signal_loan<counted> loan;
  int freed = 0;
  std::vector<std::unique_ptr<stuck>> handlers;
  while (loan.lend(std::make_unique<counted>(freed))) {
    REQUIRE(handlers.size() < 100);
    handlers.push_back(std::make_unique<stuck>(loan));
    CHECK_FALSE(loan.withdraw(0ms));
    loan.release();
  }
  CHECK(freed == 1);  // the one that was refused

  handlers.front()->leave();
  CHECK(loan.lend(std::make_unique<counted>(freed)));
  loan.withdraw(0ms);
  handlers.clear();
  loan.release();
  CHECK(freed > 2);
}

TEST_CASE("Handlers on many threads never use what is freed", "[cpu]") {
  signal_loan<std::vector<int>> loan;
  std::atomic<bool> done{false};
  std::atomic<long> broken{0};
  std::vector<std::thread> users;
  constexpr int count = 3;
  users.reserve(count);
  for (int i = 0; i < count; ++i)
    users.emplace_back([&] {
      while (!done)
        loan.use([&](std::vector<int> const& object) {
          if (object.size() != 100 || object.back() != 7) ++broken;
        });
    });

  for (int i = 0; i < 300; ++i) {
    CHECK(loan.lend(std::make_unique<std::vector<int>>(100, 7)));
    std::this_thread::yield();
    loan.withdraw(1min);
    loan.release();
  }
  done = true;
  for (auto& each : users) each.join();

  CHECK(broken == 0);
}
