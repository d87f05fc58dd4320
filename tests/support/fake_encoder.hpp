#pragma once

#include "support/temp_dir.hpp"

#include <filesystem>
#include <string_view>

namespace loopscope::test {

/// Writes each format's name into its file, and reports a quarter of all frames as unresolved.
/// Called like `loopscope encode RAW --process PID --names=N --frames=F --output FORMAT=PATH...`.
inline constexpr std::string_view well_behaved_encoder = R"(#!/bin/sh
[ "$1" = encode ] && [ -s "$2" ] && [ "$3 $4" = "--process $PPID" ] || exit 1
case "$5 $6" in "--names="*" --frames="*) ;; *) exit 1 ;; esac
shift 6
while [ $# -gt 0 ]; do
  [ "$1" = --output ] || exit 1
  printf %s "${2%%=*}" > "${2#*=}"
  shift 2
done
echo '{"unresolvedShare":0.25}'
)";

inline std::filesystem::path write_program(std::filesystem::path const& path,
                                           std::string_view script) {
  write_file(path, script);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

}  // namespace loopscope::test
