#include <loopscope/base/secret.hpp>

#include <openssl/crypto.h>
#include <ostream>

namespace loopscope {

bool secret::matches(std::string_view candidate) const {
  auto const other = sha256_of(candidate);
  auto const same = CRYPTO_memcmp(digest_.data(), other.data(), digest_.size()) == 0;
  return same && !empty();
}

std::ostream& operator<<(std::ostream& out, secret const& value) {
  return out << (value.empty() ? "" : "***");
}

}  // namespace loopscope
