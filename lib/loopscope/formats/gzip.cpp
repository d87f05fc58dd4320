#include <loopscope/formats/gzip_impl.hpp>

#include <new>

namespace loopscope::formats {

namespace {

constexpr int gzip_window_bits = 15 + 16;  // 16 asks for the header of gzip
constexpr int memory_level = 8;

}  // namespace

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the buffers are written before read
gzip_buffer::gzip_buffer(std::ostream& to) : to_{to} {
  if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window_bits, memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc{};
  setp(pending_.begin(), pending_.end());
}

gzip_buffer::~gzip_buffer() {
  deflateEnd(&stream_);
}

void gzip_buffer::finish() {
  compress(Z_FINISH);
}

gzip_buffer::int_type gzip_buffer::overflow(int_type c) {
  compress(Z_NO_FLUSH);
  if (!to_) return traits_type::eof();
  if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
  return traits_type::not_eof(c);
}

void gzip_buffer::compress(int flush) {
  stream_.next_in = reinterpret_cast<Bytef*>(pbase());
  stream_.avail_in = static_cast<uInt>(pptr() - pbase());
  do {
    stream_.next_out = reinterpret_cast<Bytef*>(compressed_.data());
    stream_.avail_out = static_cast<uInt>(compressed_.size());
    deflate(&stream_, flush);
    auto const count = compressed_.size() - stream_.avail_out;
    to_.write(compressed_.data(), static_cast<std::streamsize>(count));
  } while (stream_.avail_out == 0);
  setp(pending_.begin(), pending_.end());
}

}  // namespace loopscope::formats
