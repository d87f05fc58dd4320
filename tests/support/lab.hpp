#pragma once

#include "support/diagnostics.hpp"

#include <profiling_lab/routes.hpp>

namespace loopscope::test {

/// All that the lab's routes work on.
struct lab_parts {
  test::diagnostics diagnostics;
  lab::settings settings;
  lab::instance who = lab::describe_instance("");
  lab::retained_memory memory;
  lab::fault_library faults;
  lab::lab_metrics metrics{diagnostics.parts.services().families};

  lab::lab_services services() {
    return {diagnostics.parts.services(), settings, who, memory, faults, metrics};
  }
  lab::lab_status status() { return {settings, who, memory, diagnostics.jobs}; }
};

}  // namespace loopscope::test
