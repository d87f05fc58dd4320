// Makes a raw capture of stacks that a program printed: write-raw FILE EXECUTABLE < text.
// Lines: `stack` begins one, `pc <hexadecimal>` is a frame of it, innermost first; the memory map
// stands between `maps` and `end`.
#include <loopscope/model/raw_cpu_profile.hpp>

#include <fstream>
#include <iostream>
#include <string>

// NOLINTNEXTLINE(bugprone-exception-escape): what is thrown ends the program
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  loopscope::model::raw_cpu_profile raw;
  raw.period = std::chrono::milliseconds{10};
  raw.start_ns = 1'000'000'000;
  raw.executable = argv[2];
  bool is_map = false;
  for (std::string line; std::getline(std::cin, line) && line != "end";) {
    if (is_map) raw.maps += line + '\n';
    if (line == "maps") is_map = true;
    if (line == "stack") raw.stacks.emplace_back();
    if (line.starts_with("pc "))
      raw.stacks.back().push_back(std::stoull(line.substr(3), nullptr, 16));
  }
  auto time = raw.start_ns;
  for (std::uint32_t i = 0; i < raw.stacks.size(); ++i)
    raw.samples.push_back({time += 10'000'000, i, 0, 0});
  raw.end_ns = time + 10'000'000;
  std::ofstream file{argv[1], std::ios::binary};
  loopscope::model::write_raw(file, raw);
  return file.flush() ? 0 : 1;
}
