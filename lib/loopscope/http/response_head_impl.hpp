#pragma once

#include <loopscope/http/message.hpp>

#include <string>
#include <string_view>

namespace loopscope::http {

/// What a response's head says beside what its handler set.
struct head_facts {
  unsigned version = 11;  ///< of the request: 10 or 11
  bool keep_alive = false;
  std::string_view request_id{};              ///< none if empty
  instance_header const* instance = nullptr;  ///< none if null
};

/// A response's status line and fields, with the empty line.
std::string head_text(response const& response, head_facts const& facts);

}  // namespace loopscope::http
