#include <loopscope/symbols/demangle.hpp>

#include <cstdlib>
#include <cxxabi.h>
#include <memory>

namespace loopscope::symbols {

std::string demangle(std::string_view name) {
  std::string text{name};
  if (!name.starts_with("_Z")) return text;
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> const readable{
      abi::__cxa_demangle(text.c_str(), nullptr, nullptr, &status), std::free};
  return readable ? std::string{readable.get()} : text;
}

}  // namespace loopscope::symbols
