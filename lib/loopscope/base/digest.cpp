#include <loopscope/base/digest.hpp>

#include <new>
#include <openssl/evp.h>
#include <stdexcept>

namespace loopscope {

struct sha256::state {
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  state() {
    if (!context) throw std::bad_alloc{};
  }
  ~state() { EVP_MD_CTX_free(context); }
  state(state const&) = delete;
  state& operator=(state const&) = delete;
};

namespace {

void check(int ok) {
  if (ok != 1) throw std::runtime_error{"libcrypto refused a SHA-256 operation"};
}

// Looked up once: OpenSSL 3 does it anew for every digest that is given EVP_sha256().
EVP_MD const* algorithm() {
  static auto const* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return found ? found : throw std::runtime_error{"libcrypto has no SHA-256"};
}

}  // namespace

sha256::sha256() : state_{std::make_unique<state>()} {
  begin();
}
void sha256::begin() {
  check(EVP_DigestInit_ex(state_->context, algorithm(), nullptr));
}
sha256::~sha256() = default;
sha256::sha256(sha256&&) noexcept = default;
sha256& sha256::operator=(sha256&&) noexcept = default;

void sha256::update(std::string_view bytes) {
  check(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

sha256_digest sha256::finish() {
  sha256_digest digest{};
  unsigned length = 0;
  check(EVP_DigestFinal_ex(state_->context, digest.data(), &length));
  return digest;
}

sha256_digest sha256_of(std::string_view bytes) {
  // A context can begin anew, and the guard asks for every request.
  thread_local sha256 hash;
  hash.begin();
  hash.update(bytes);
  return hash.finish();
}

}  // namespace loopscope
