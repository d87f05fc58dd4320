#include <loopscope/base/build_id.hpp>
#include <loopscope/base/read_file.hpp>
#include <loopscope/model/mapped_objects.hpp>
#include <loopscope/model/memory_map.hpp>
#include <loopscope/model/program_image.hpp>

#include <filesystem>

namespace loopscope::model {

namespace {

enum class tag : std::uint32_t {
  executable = 2,
  build_id = 3,
  maps = 4,
  objects = 9,  // each its start, the length of its build id and that
};

std::string objects_body(program_image const& image) {
  std::string body;
  for (auto const& object : image.objects) {
    append_bytes(body, object.start);
    append_bytes(body, std::uint64_t{object.build_id.size()});
    body += object.build_id;
  }
  return body;
}

bool read_objects(byte_reader body, program_image& into) {
  while (!body.empty() && !body.failed()) {
    auto const start = body.take<std::uint64_t>();
    auto const size = body.take<std::uint64_t>();
    into.objects.push_back({start, std::string{body.take_bytes(size)}});
  }
  return !body.failed();
}

}  // namespace

void write_image(section_writer& to, program_image const& image) {
  auto const write = [&](tag which, std::string_view bytes) {
    to.section(static_cast<std::uint32_t>(which), bytes);
  };
  write(tag::executable, image.executable);
  write(tag::build_id, image.build_id);
  write(tag::maps, image.maps);
  write(tag::objects, objects_body(image));
}

bool read_image_section(section_reader::section const& section, program_image& into) {
  switch (static_cast<tag>(section.tag)) {
    case tag::executable:
      into.executable = section.bytes;
      return true;
    case tag::build_id:
      into.build_id = section.bytes;
      return true;
    case tag::maps:
      into.maps = section.bytes;
      return true;
    case tag::objects:
      return read_objects(byte_reader{section.bytes}, into);
  }
  return true;
}

program_image own_image() {
  program_image image;
  image.executable = std::filesystem::read_symlink("/proc/self/exe").string();
  image.build_id = executable_build_id();
  image.maps = read_file("/proc/self/maps").value();
  image.objects = mapped_objects(parse_maps(image.maps).value());
  return image;
}

}  // namespace loopscope::model
