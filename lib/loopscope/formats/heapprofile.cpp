#include <loopscope/formats/allocation_tree_impl.hpp>
#include <loopscope/formats/file_url_impl.hpp>
#include <loopscope/formats/heapprofile.hpp>
#include <loopscope/formats/script_ids_impl.hpp>
#include <loopscope/formats/streamed_json_impl.hpp>

#include <cstdint>

namespace loopscope::formats {

namespace {

class heapprofile_writer {
 public:
  heapprofile_writer(std::ostream& to, heap_capture const& capture, model::frame_style frames)
      : tree_{capture, frames}, json_{to}, to_{to} {}

  void write() {
    auto& out = json_.writer();
    out.begin_object().key("head");
    write_node(0);
    out.key("samples").begin_array();
    std::uint64_t ordinal = 0;
    for (std::uint32_t id = 0; id < tree_.nodes().size(); ++id) {
      auto const size = tree_.nodes()[id].totals.live_bytes;
      if (size == 0) continue;
      out.begin_object().member("size", size).member("nodeId", id + 1);
      out.member("ordinal", ++ordinal).end_object();
      json_.pass_on();
    }
    out.end_array().end_object();
    json_.pass_on(0);
    to_ << '\n';
  }

 private:
  // Stacks are bounded, and so is this.
  void write_node(std::uint32_t id) {  // NOLINT(misc-no-recursion)
    auto const& node = tree_.nodes()[id];
    auto const& place = tree_.places()[node.place];
    auto const url = file_url(place.file);
    auto const has_line = !url.empty() && place.line != 0;
    auto& out = json_.writer();
    out.begin_object().key("callFrame").begin_object();
    out.member("functionName", place.name)
        .member("scriptId", std::to_string(scripts_.of(place.file)))
        .member("url", url)
        .member("lineNumber", has_line ? std::int64_t{place.line} - 1 : -1)
        .member("columnNumber", has_line ? 0 : -1)
        .end_object();
    out.member("selfSize", node.totals.live_bytes).member("id", id + 1).key("children");
    out.begin_array();
    for (auto const child : node.children) write_node(child);
    out.end_array().end_object();
    json_.pass_on();
  }

  allocation_tree tree_;
  script_ids scripts_;
  streamed_json json_;
  std::ostream& to_;
};

}  // namespace

void write_heapprofile(std::ostream& to, heap_capture const& capture, model::frame_style frames) {
  heapprofile_writer{to, capture, frames}.write();
}

}  // namespace loopscope::formats
