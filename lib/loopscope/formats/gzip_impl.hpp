#pragma once

#include <array>
#include <cstddef>
#include <ostream>
#include <streambuf>
#include <zlib.h>

namespace loopscope::formats {

/// Compresses what is written to it, piece by piece, into another stream. RFC 1952, without a name
/// or a time: equal content gives equal files.
class gzip_buffer : public std::streambuf {
 public:
  /// \param to  has to outlive it. \throws bad_alloc
  explicit gzip_buffer(std::ostream& to);
  ~gzip_buffer() override;
  gzip_buffer(gzip_buffer const&) = delete;
  gzip_buffer& operator=(gzip_buffer const&) = delete;

  /// Writes what is left, and the end. Nothing may follow. Errors show in the state of `to`.
  void finish();

 protected:
  int_type overflow(int_type c) override;
  int sync() override { return to_ ? 0 : -1; }

 private:
  void compress(int flush);

  std::ostream& to_;
  z_stream stream_{};
  std::array<char, std::size_t{64} * 1024> pending_;
  std::array<char, std::size_t{64} * 1024> compressed_;
};

}  // namespace loopscope::formats
