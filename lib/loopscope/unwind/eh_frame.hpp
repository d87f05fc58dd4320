#pragma once

#include <loopscope/unwind/address_range.hpp>
#include <loopscope/unwind/unwind_table.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace loopscope::unwind {

/// Parses a copy of .eh_frame. Total: any bytes give some table.
/// \param bytes    from the start of the section; what follows its terminator is ignored.
/// \param address  where the section lies in this process.
/// \param text     the object's executable addresses, less than 4 GiB.
/// \throws  bad_alloc
/// Source: Linux Standard Base 5.0, Core, 10.5 and 10.6; DWARF 5, 6.4.
unwind_table parse_eh_frame(std::span<std::byte const> bytes, std::uintptr_t address,
                            address_range text);

}  // namespace loopscope::unwind
