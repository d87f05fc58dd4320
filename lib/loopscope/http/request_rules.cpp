#include <loopscope/base/hex.hpp>
#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/request_rules_impl.hpp>
#include <loopscope/http/target.hpp>

#include <array>
#include <cstdint>

namespace loopscope::http {

namespace {

bool has_coding(request_head const& head) {
  return head.find(field::transfer_encoding).count > 0;
}

bool coding_in_old_version(request_head const& head) {
  return has_coding(head) && head.version() < 11;
}

bool length_beside_coding(request_head const& head) {
  return has_coding(head) && head.find(field::content_length).count > 0;
}

// Beast takes equal lengths for one.
bool several_lengths(request_head const& head) {
  auto const length = head.find(field::content_length);
  return length.count > 1 || length.first.find(',') != std::string_view::npos;
}

bool unknown_coding(request_head const& head) {
  if (!has_coding(head)) return false;
  bool is_unknown = false;
  for_each_element(head.joined(field::transfer_encoding), [&](std::string_view coding) {
    is_unknown = is_unknown || !iequals(coding, "chunked");
  });
  return is_unknown;
}

// "chunked" itself and nothing else: not twice, and no empty list.
bool coding_not_plain(request_head const& head) {
  auto const coding = head.find(field::transfer_encoding);
  return coding.count > 1 || (coding.count == 1 && !iequals(coding.first, "chunked"));
}

bool missing_host(request_head const& head) {
  return head.version() >= 11 && head.find(field::host).count == 0;
}

bool several_hosts(request_head const& head) {
  return head.find(field::host).count > 1;
}

bool malformed_host(request_head const& head) {
  return !is_host(head[field::host]);
}

constexpr std::string_view no_chunked = "the only transfer coding is chunked, alone and once";

constexpr std::array rules{
    head_rule{"coding in HTTP/1.0", coding_in_old_version, status::bad_request,
              "HTTP/1.0 has no transfer codings"},
    head_rule{"length beside a coding", length_beside_coding, status::bad_request,
              "a body has a length or a transfer coding, not both"},
    head_rule{"several lengths", several_lengths, status::bad_request,
              "Content-Length has to be one number"},
    head_rule{"unknown coding", unknown_coding, status::not_implemented, no_chunked},
    head_rule{"coding not plain", coding_not_plain, status::bad_request, no_chunked},
    head_rule{"missing Host", missing_host, status::bad_request,
              "exactly one Host header is required"},
    head_rule{"several Hosts", several_hosts, status::bad_request,
              "exactly one Host header is required"},
    head_rule{"malformed Host", malformed_host, status::bad_request,
              "Host has to be a name or an address, and perhaps a port"},
};

}  // namespace

std::span<head_rule const> head_rules() noexcept {
  return rules;
}

head_rule const* broken_rule(request_head const& head) noexcept {
  for (auto const& each : rules)
    if (each.is_broken(head)) return &each;
  return nullptr;
}

bool keeps_connection(request_head const& head) {
  auto const connection = head.find(field::connection);
  if (connection.count == 0) return head.version() >= 11;
  bool close = false;
  bool keep_alive = false;
  for_each_element(head.joined(field::connection), [&](std::string_view option) {
    close = close || iequals(option, "close");
    keep_alive = keep_alive || iequals(option, "keep-alive");
  });
  return !close && (keep_alive || head.version() >= 11);
}

bool expects_continue(request_head const& head) {
  return head.version() >= 11 && iequals(head[field::expect], "100-continue");
}

bool usable_id(std::string_view id) {
  constexpr std::string_view allowed =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-";
  return !id.empty() && id.size() <= 64 && id.find_first_not_of(allowed) == std::string_view::npos;
}

std::string next_request_id() {
  thread_local std::string const prefix = random_hex(8) + '-';
  thread_local std::uint64_t count = 0;
  return prefix + std::to_string(++count);
}

response response_to_bad_request(boost::beast::error_code error, byte_count head_limit) {
  if (error == boost::beast::http::error::header_limit)
    return problem(status::request_header_fields_too_large,
                   "the header is limited to " + std::to_string(head_limit.value) + " bytes");
  if (error == boost::beast::http::error::body_limit)
    return problem(status::payload_too_large, "the body is larger than this path takes");
  return problem(status::bad_request, error.message());
}

bool has_form(request_head const& head, std::string_view body) {
  if (body.empty()) return false;
  auto const type = head[field::content_type];
  auto const essence = type.substr(0, type.find_first_of("; "));
  return iequals(essence, "application/x-www-form-urlencoded") ||
         iequals(essence, "application/json");
}

}  // namespace loopscope::http
