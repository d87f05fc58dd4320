#include "encode.hpp"

#include "cpu_source.hpp"
#include "encode_options.hpp"
#include "heap_source.hpp"
#include "mapped_file.hpp"
#include "output_file.hpp"

#include <loopscope/base/utf8.hpp>
#include <loopscope/model/raw_heap.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace loopscope::tool {

namespace {

// A file may have been mapped in several pieces.
std::set<std::string> changed_modules(model::code_tables const& code) {
  std::set<std::string> paths;
  for (auto const& module : code.modules)
    if (module.is_changed) paths.insert(to_utf8(module.path));
  return paths;
}

boost::json::array notes_json(std::vector<std::string> const& notes) {
  boost::json::array list;
  for (auto const& note : notes) list.emplace_back(to_utf8(note));
  return list;
}

template <class Source>
class encoding {
 public:
  encoding(Source const& source, encode_arguments const& asked, std::ostream& notes)
      : source_{source}, asked_{asked}, notes_{notes} {}

  void run(std::ostream& out) {
    for (auto const& [format, target] : outputs_for(asked_, Source::kind)) write(format, target);
    for (auto const& file : files_) file->publish();
    auto const changed = changed_modules(source_.code());
    for (auto const& path : changed)
      notes_ << "loopscope: " << path
             << ": not the file that was captured, or unreadable: its functions have no names\n";
    for (auto const& note : source_.notes()) notes_ << "loopscope: " << note << '\n';
    print_summary(out, changed);
  }

 private:
  void write(std::string const& format, output const& target) {
    if (format == Source::native_format && !source_.has_native()) {
      notes_ << "loopscope: " << asked_.raw.string() << ": holds no native profile, no ." << format
             << '\n';
      return;
    }
    auto& file = *files_.emplace_back(std::make_unique<output_file>(target.path, target.in_place));
    source_.write(file.stream(), format);
    file.complete();
    paths_[format] = target.path.string();
  }

  void print_summary(std::ostream& out, std::set<std::string> const& changed) {
    boost::json::object line{{"formats", paths_}};
    for (auto const& [key, value] : source_.summary()) line[key] = value;
    line["notes"] = notes_json(source_.notes());
    line["changedModules"] = boost::json::array(changed.begin(), changed.end());
    out << boost::json::serialize(line) << std::endl;
    if (!out) throw std::system_error{errno, std::generic_category(), "standard output"};
  }

  Source const& source_;
  encode_arguments const& asked_;
  std::ostream& notes_;
  std::vector<std::unique_ptr<output_file>> files_;
  boost::json::object paths_;
};

}  // namespace

void encode(encode_arguments const& asked, std::ostream& out, std::ostream& notes) {
  mapped_file const raw{asked.raw};
  if (model::is_raw_heap(raw.bytes())) {
    heap_source const source{raw.bytes(), asked};
    encoding{source, asked, notes}.run(out);
  } else {
    cpu_source const source{raw.bytes(), asked};
    encoding{source, asked, notes}.run(out);
  }
}

}  // namespace loopscope::tool
