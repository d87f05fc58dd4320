#pragma once

#include <cstddef>
#include <string>

namespace loopscope {

/// `digits` random lower-case hexadecimal digits from the kernel's generator.
/// \param digits  1 to 64.
/// \throws system_error if the kernel gives none.
/// \thread any
std::string random_hex(std::size_t digits);

}  // namespace loopscope
