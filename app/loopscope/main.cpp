#include "arguments.hpp"
#include "encode.hpp"
#include "heap.hpp"

#include <loopscope/base/capture_formats.hpp>
#include <loopscope/base/result.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <system_error>
#include <variant>

namespace {

namespace tool = loopscope::tool;

void run(tool::information const& asked) {
  std::cout << asked.text;
}

// If memory runs out, the kernel should end this process, and not the service that started it.
void become_expendable() {
  std::ofstream{"/proc/self/oom_score_adj"} << 1000;
}

void run(tool::encode_arguments const& asked) {
  if (asked.process != 0) become_expendable();
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
