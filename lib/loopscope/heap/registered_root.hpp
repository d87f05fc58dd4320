#pragma once

#include <loopscope/unwind/address_range.hpp>

#include <cstddef>
#include <list>
#include <string>
#include <utility>
#include <vector>

namespace loopscope::heap {

/// An object that holds memory on purpose, under a name that a reader of snapshots knows:
/// `LabService.retainedBuffers`. What it points to hangs under that name.
///
/// \thread any; it takes a lock.
class registered_root {
 public:
  /// \param object  outlives the registration, at the same address.
  template <class T>
  registered_root(std::string name, T const& object)
      : registered_root{std::move(name), &object, sizeof object} {}
  registered_root(std::string name, void const* object, std::size_t size);
  ~registered_root();
  registered_root(registered_root const&) = delete;
  registered_root& operator=(registered_root const&) = delete;

  struct entry {
    std::string name;
    unwind::address_range where;
  };

  /// In the order of their registration.
  static std::vector<entry> all();

 private:
  std::list<entry>::iterator entry_;
};

}  // namespace loopscope::heap
