#pragma once

#include <chrono>
#include <string>
#include <sys/types.h>

namespace lab {

/// Who this process is among those of its kind.
struct instance {
  std::string id;  ///< random, new for every process
  pid_t pid;
  std::string task_arn;  ///< of the ECS task; empty elsewhere
  std::chrono::system_clock::time_point started_at;
};

/// All of that, as JSON.
std::string to_json(instance const& who);

/// Describes this process. On ECS it asks the task metadata endpoint, for at most 2 s.
/// \param metadata_uri  ECS_CONTAINER_METADATA_URI_V4, or empty.
/// Source:
/// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
instance describe_instance(std::string const& metadata_uri);

}  // namespace lab
