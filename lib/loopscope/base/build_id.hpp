#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace loopscope {

/// The GNU build id of the running executable in hexadecimal, empty if it was linked without one.
/// It names the exact binary that a profile belongs to. \thread any
std::string const& executable_build_id();

/// The GNU build id of the ELF image that is mapped into this process at `image`, in hexadecimal;
/// empty if it was linked without one. What is mapped there may go at any time.
/// \return none if no ELF image begins there, or it cannot be read.
/// \thread any
std::optional<std::string> mapped_build_id(std::uint64_t image);

/// The GNU build id in the bytes of an ELF note segment, in hexadecimal; empty if none is there.
std::string build_id_in_notes(std::span<std::uint8_t const> notes);

}  // namespace loopscope
