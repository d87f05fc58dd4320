#include <loopscope/formats/file_url_impl.hpp>

#include <boost/url/encode.hpp>
#include <boost/url/grammar/lut_chars.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace loopscope::formats {

namespace {

constexpr auto url_path_chars =
    boost::urls::unreserved_chars + boost::urls::grammar::lut_chars{"/+"};

}  // namespace

std::string file_url(std::string_view path) {
  if (!path.starts_with('/')) return {};
  return "file://" + boost::urls::encode(path, url_path_chars);
}

}  // namespace loopscope::formats
