#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace loopscope::test {

/// Sets a variable for as long as the object lives, then restores what there was.
class environment_variable {
 public:
  environment_variable(char const* name, char const* value) : name_{name} {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
    if (auto const* text = getenv(name)) before_ = text;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
    setenv(name, value, 1);
  }
  ~environment_variable() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
    before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_);
  }
  environment_variable(environment_variable const&) = delete;
  environment_variable& operator=(environment_variable const&) = delete;

 private:
  char const* name_;
  std::optional<std::string> before_;
};

}  // namespace loopscope::test
