#pragma once

#include <loopscope/base/work_label.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>

#include <string_view>
#include <utility>

namespace loopscope::runtime {

/// Runs everything under a work label, on the executor that it wraps.
///
/// A coroutine that is spawned on it has the label from its start and after every resumption,
/// and whatever else the loop runs meanwhile has not. \thread as the wrapped executor
class labelled_executor {
 public:
  labelled_executor(boost::asio::any_io_executor inner, std::string_view const* label) noexcept
      : inner_{std::move(inner)}, label_{label} {}

  bool operator==(labelled_executor const&) const noexcept = default;

  template <class F>
  void execute(F&& work) const {
    auto labelled = [label = label_, work = std::forward<F>(work)]() mutable {
      work_label_scope const scope{label};
      work();
    };
    inner_.execute(std::move(labelled));
  }

  template <class Property>
  requires(
      boost::asio::can_query<boost::asio::any_io_executor const&, Property>::value) decltype(auto)
      query(Property const& property) const {
    return boost::asio::query(inner_, property);
  }

  template <class Property>
  requires(boost::asio::can_require<boost::asio::any_io_executor const&, Property>::value)
      labelled_executor require(Property const& property)
  const { return {boost::asio::require(inner_, property), label_}; }

  template <class Property>
  requires(boost::asio::can_prefer<boost::asio::any_io_executor const&, Property>::value)
      labelled_executor prefer(Property const& property)
  const { return {boost::asio::prefer(inner_, property), label_}; }

 private:
  boost::asio::any_io_executor inner_;
  std::string_view const* label_;
};

}  // namespace loopscope::runtime
