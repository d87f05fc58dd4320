#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace loopscope {

/// The GNU build id of the running executable in hexadecimal, empty if it was linked without one.
/// It names the exact binary that a profile belongs to. \thread any
std::string const& executable_build_id();

/// The GNU build id in the bytes of an ELF note segment, in hexadecimal; empty if none is there.
std::string build_id_in_notes(std::span<std::uint8_t const> notes);

}  // namespace loopscope
