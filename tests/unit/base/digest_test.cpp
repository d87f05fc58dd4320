#include "support/catch.hpp"

#include <loopscope/base/digest.hpp>
#include <loopscope/base/hex.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

using namespace loopscope;

TEST_CASE("SHA-256 gives the published digests", "[base]") {
  // FIPS 180-4 examples, and NIST's long message of a million letters.
  auto const [text, digest] = GENERATE(table<std::string, std::string>({
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  }));
  CAPTURE(digest);

  CHECK(to_hex(sha256_of(text)) == digest);
}

TEST_CASE("A digest does not depend on the pieces that the bytes came in", "[base]") {
  std::string text;
  for (std::size_t i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  auto const whole = sha256_of(text);
  auto const piece = GENERATE(as<std::size_t>{}, 1, 3, 63, 64, 65, 999, 1000);
  CAPTURE(piece);

  SECTION("in pieces") {
    sha256 hash;
    for (std::string_view rest = text; !rest.empty();
         rest.remove_prefix(std::min(piece, rest.size())))
      hash.update(rest.substr(0, piece));

    CHECK(hash.finish() == whole);
  }

  SECTION("moved half way, with empty pieces") {
    sha256 first;
    first.update(std::string_view{text}.substr(0, piece));
    sha256 second{std::move(first)};
    second.update({});
    second.update(std::string_view{text}.substr(piece));

    CHECK(second.finish() == whole);
  }
}

TEST_CASE("Hexadecimal is lower-case, two digits a byte", "[base]") {
  CHECK(to_hex(std::array<std::uint8_t, 0>{}).empty());
  CHECK(to_hex(std::array<std::uint8_t, 5>{0x00, 0x0f, 0xf0, 0x9a, 0xff}) == "000ff09aff");
}
