#pragma once

#include <loopscope/model/section_file.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::model {

/// An ELF file whose code was mapped.
struct mapped_object {
  std::uint64_t start = 0;  ///< of its mapping of code, as in program_image::maps
  std::string build_id;     ///< hexadecimal, empty: linked without one

  bool operator==(mapped_object const&) const = default;
};

/// What ran when a capture was taken: it gives names to addresses.
struct program_image {
  std::string executable;              ///< path of the running program
  std::string build_id;                ///< its GNU build id, hexadecimal
  std::string maps;                    ///< /proc/self/maps
  std::vector<mapped_object> objects;  ///< in the order of the maps; empty: not recorded

  bool operator==(program_image const&) const = default;
};

/// Appends the sections of an image to a raw capture.
void write_image(section_writer& to, program_image const& image);

/// Reads a section if it is of an image.
/// \return  whether it was well formed; also true for any other section.
bool read_image_section(section_reader::section const& section, program_image& into);

/// Of this process. \thread worker: it reads /proc.
program_image own_image();

}  // namespace loopscope::model
