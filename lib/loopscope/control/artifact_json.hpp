#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/time.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <vector>

namespace loopscope::control {

inline boost::json::object to_json(artifacts::artifact const& each) {
  return {{"name", each.name},           {"path", each.path.string()},
          {"bytes", each.size.value},    {"sha256", each.sha256},
          {"kind", each.kind},           {"createdAt", iso_time(each.created)},
          {"captureId", each.capture_id}};
}

inline boost::json::array to_json(std::vector<artifacts::artifact> const& all) {
  boost::json::array list;
  for (auto const& each : all) list.emplace_back(to_json(each));
  return list;
}

}  // namespace loopscope::control
