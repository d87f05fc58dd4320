#include "support/catch.hpp"

#include <loopscope/symbols/type_names.hpp>

#include <string>
#include <string_view>

using namespace loopscope::symbols;

TEST_CASE("The name of a type is shortened for people", "[symbols]") {
  auto const [type, expected] = GENERATE(table<std::string_view, std::string_view>({
      {"int", "int"},
      {"", ""},
      {"lab::session", "lab::session"},
      {"lab::(anonymous namespace)::entry", "lab::entry"},
      {"std::vector<int, std::allocator<int> >", "std::vector<int>"},
      {"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >",
       "std::string"},
      {"std::map<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >, "
       "lab::user, std::less<std::__cxx11::basic_string<char> >, std::allocator<std::pair<int, "
       "int> > >",
       "std::map<std::string, lab::user>"},
      {"a<b<c<d<e> > > >", "a<b<c<...>>>"},
      {"a<(lab::kind)2>", "a<(lab::kind)2>"},
      {"std::function<void (int, char)>", "std::function<void (int, char)>"},
      {"a<", "a<>"},
      {"a<b", "a<>"},
      {"a>b", "a>b"},
      {"std::_List_node<lab::piece> ", "std::_List_node<lab::piece>"},
  }));
  CAPTURE(type);

  CHECK(short_type_name(type) == expected);
}

TEST_CASE("A type is known by the function that allocates it", "[symbols]") {
  auto const [function, expected] = GENERATE(table<std::string_view, std::string_view>({
      {"std::__new_allocator<lab::entry>::allocate(unsigned long, void const*)", "lab::entry"},
      {"__gnu_cxx::new_allocator<int>::allocate(unsigned long, void const*)", "int"},
      {"std::allocator<std::pair<int, char> >::allocate(unsigned long)", "std::pair<int, char>"},
      {"std::__detail::_MakeUniq<lab::x>::__single_object std::make_unique<lab::x, int>(int&&)",
       "lab::x"},
      {"boost::asio::detail::wait_handler<h, e>::ptr::allocate(h&)",
       "boost::asio::detail::wait_handler<h, e>"},
      {"boost::asio::detail::recycling_allocator<lab::op, tag>::allocate(unsigned long)",
       "lab::op"},
      {"std::__new_allocator<int>::deallocate(int*, unsigned long)", ""},
      {"lab::allocate(int)", ""},
      {"std::allocator<", ""},
      {"", ""},
  }));
  CAPTURE(function);

  CHECK(allocated_type(function) == expected);
}

TEST_CASE("The names of type_info are demangled, and nothing else", "[symbols]") {
  CHECK(demangle_type("N3lab7sessionE") == "lab::session");
  CHECK(demangle_type("i") == "int");
  CHECK(demangle_type("no type") == "no type");
  CHECK(demangle_type("").empty());
}

TEST_CASE("Blocks of fundamental types are arrays", "[symbols]") {
  CHECK(is_fundamental("char"));
  CHECK(is_fundamental("std::byte"));
  CHECK_FALSE(is_fundamental("std::string"));
  CHECK_FALSE(is_fundamental("char*"));
}
