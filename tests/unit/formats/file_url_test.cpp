#include "support/catch.hpp"

#include <loopscope/formats/file_url_impl.hpp>

#include <string>

using namespace loopscope;

TEST_CASE("A file URL", "[formats]") {
  auto const [path, url] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"/usr/include/c++/12/bits/stl_vector.h", "file:///usr/include/c++/12/bits/stl_vector.h"},
      {"/a b/50%?#[].cpp", "file:///a%20b/50%25%3F%23%5B%5D.cpp"},
      {"/\xC3\xA9", "file:///%C3%A9"},
      {"/!$&'()*,-._:;=@~", "file:///%21%24%26%27%28%29%2A%2C-._%3A%3B%3D%40~"},
      {"./string/../sysdeps/memcpy.S", ""},
      {"jam.cpp", ""},
  }));

  CHECK(formats::file_url(path) == url);
}
