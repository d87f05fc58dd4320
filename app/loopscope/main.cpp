#include "arguments.hpp"
#include "encode.hpp"
#include "heap.hpp"

#include <loopscope/base/capture_formats.hpp>
#include <loopscope/base/result.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <system_error>
#include <variant>

namespace {

namespace tool = loopscope::tool;

void run(tool::information const& asked) {
  std::cout << asked.text;
}

void run(tool::encode_arguments const& asked) {
  tool::encode(asked, std::cout, std::cerr);
}

template <typename HeapArguments>
void run(HeapArguments const& asked) {
  tool::show_heap(asked, std::cout);
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe and a file size limit show as errors of the write.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // libdw would ask these servers for debug information. A capture is nobody else's business.
  unsetenv("DEBUGINFOD_URLS");  // NOLINT(concurrency-mt-unsafe): there are no threads
  try {
    std::visit([](auto const& asked) { run(asked); }, tool::parse_arguments(argc, argv));
    return EXIT_SUCCESS;
  } catch (tool::usage_error const& error) {
    std::cerr << "loopscope: " << error.what() << " (loopscope --help)\n";
    return loopscope::tool_exit::usage;
  } catch (tool::not_comparable const& error) {
    std::cerr << "loopscope: " << error.what() << '\n';
    return loopscope::tool_exit::not_comparable;
  } catch (std::system_error const& error) {
    std::cerr << "loopscope: " << error.what() << '\n';
    return loopscope::means_no_space(error.code().value()) ? loopscope::tool_exit::no_space
                                                           : loopscope::tool_exit::failed;
  } catch (std::exception const& error) {
    std::cerr << "loopscope: " << error.what() << '\n';
    return loopscope::tool_exit::failed;
  }
}
