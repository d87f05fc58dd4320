#pragma once

#include <loopscope/base/byte_count.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lab {

/// What a fault is, for people.
struct fault_description {
  std::string_view name;          ///< in its path
  std::string_view summary;       ///< what goes wrong
  std::string_view look_for;      ///< what a heap snapshot shows of it
  std::size_t most;               ///< objects that it ever has
  loopscope::byte_count of_each;  ///< about what an object takes
};

/// A leak as programs have them, which can be started, made worse and cleared. \thread loop
class fault {
 public:
  virtual ~fault() = default;

  [[nodiscard]] virtual fault_description const& description() const = 0;
  [[nodiscard]] virtual std::size_t objects() const = 0;

  /// \param count  objects to leak; with those that there are no more than `most`.
  virtual void leak(std::size_t count) = 0;

  /// Forgets the objects. \return what frees them, to be called where that may take time.
  virtual std::function<void()> clear() = 0;
};

/// Hands a container over to where it is freed.
template <class Container>
std::function<void()> freed_later(Container&& taken) {
  auto const kept = std::make_shared<std::decay_t<Container>>(std::forward<Container>(taken));
  return [kept] { kept->clear(); };
}

}  // namespace lab
