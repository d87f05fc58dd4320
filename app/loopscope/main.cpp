#include "arguments.hpp"
#include "encode.hpp"

#include <loopscope/base/build_id.hpp>
#include <loopscope/base/capture_formats.hpp>
#include <loopscope/base/result.hpp>
#include <loopscope/base/version.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

namespace tool = loopscope::tool;

void run(tool::arguments const& asked) {
  switch (asked.command) {
    case tool::command::help:
      std::cout << tool::help();
      break;
    case tool::command::encode_help:
      std::cout << tool::encode_help();
      break;
    case tool::command::version:
      std::cout << "loopscope " << loopscope::version() << " (build "
                << loopscope::executable_build_id() << ")\n";
      break;
    case tool::command::encode:
      tool::encode(asked.encode, std::cout, std::cerr);
      break;
  }
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe and a file size limit show as errors of the write.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    run(tool::parse_arguments({argv + 1, argv + argc}));
    return EXIT_SUCCESS;
  } catch (tool::usage_error const& error) {
    std::cerr << "loopscope: " << error.what() << " (loopscope encode --help)\n";
    return loopscope::encoder_exit::usage;
  } catch (std::system_error const& error) {
    std::cerr << "loopscope: " << error.what() << '\n';
    return loopscope::means_no_space(error.code().value()) ? loopscope::encoder_exit::no_space
                                                            : loopscope::encoder_exit::failed;
  } catch (std::exception const& error) {
    std::cerr << "loopscope: " << error.what() << '\n';
    return loopscope::encoder_exit::failed;
  }
}
