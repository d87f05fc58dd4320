#include "support/catch.hpp"

#include <loopscope/symbols/names.hpp>

#include <random>
#include <string>
#include <vector>

using namespace loopscope;

namespace {

std::string short_name(std::string_view system_name) {
  return symbols::short_name(system_name, "/src/lib/session.cpp", 57);
}

}  // namespace

TEST_CASE("The full name of a function is readable, with its parameters", "[symbols]") {
  auto const [name, readable] = GENERATE(table<std::string, std::string>({
      {"_ZN3lab4busyEi", "lab::busy(int)"},
      {"_ZN3lab12_GLOBAL__N_14busyEv", "lab::(anonymous namespace)::busy()"},
      {"_ZN3lab4busyEi.cold", "lab::busy(int) [clone .cold]"},
      {"_ZN3lab7service9shut_downEPZNS0_9shut_downEvE33_ZN3lab7service9shut_downEv.Frame.actor",
       "lab::service::shut_down() [coroutine]"},
      {"_ZN3lab7service9shut_downEPZNS0_9shut_downEvE33_ZN3lab7service9shut_downEv.Frame.actor."
       "cold",
       "lab::service::shut_down() [coroutine] [clone .cold]"},
      {"_ZN3lab7service9shut_downEPZNS0_9shut_downEvE33_ZN3lab7service9shut_downEv.Frame.destroy",
       "lab::service::shut_down() [coroutine] [clone .destroy]"},
      {"_ZN3lab4taskEi.resume", "lab::task(int) [coroutine]"},
      {"_ZN3lab4taskEi.cleanup", "lab::task(int) [coroutine] [clone .cleanup]"},
      {"_ZNSt6vectorIiSaIiEED1Ev@plt", "std::vector<int, std::allocator<int> >::~vector()@plt"},
      {"lab::session::run() [awaiting session.cpp:85]",
       "lab::session::run() [awaiting session.cpp:85]"},
      {"a::(anonymous namespace)::f", "a::(anonymous namespace)::f"},
      {"_ZN3lab4busyEi.Frame", "lab::busy"},
      {"_Z_Z.Frame.actor", "_Z_Z.Frame.actor"},
      {"epoll_wait", "epoll_wait"},
      {"memcpy@@GLIBC_2.14", "memcpy"},
      {"_RNvC3foo3bar", "_RNvC3foo3bar"},
      {"0x120 (libc.so.6)", "0x120 (libc.so.6)"},
      {"[libm.so.6 changed]", "[libm.so.6 changed]"},
      {"_Z", "_Z"},
      {"_Znonsense", "_Znonsense"},
      {"", ""},
  }));

  CHECK(symbols::full_name(name) == readable);
}

TEST_CASE("The short name of a linker's name has what a reader looks for", "[symbols]") {
  auto const [name, readable] = GENERATE(table<std::string, std::string>({
      // Scopes.
      {"main", "main"},
      {"_ZN3lab4busyEi", "lab::busy"},
      {"_ZN12_GLOBAL__N_15serveERKN3lab8settingsE", "serve"},
      {"_ZN3lab3jam12_GLOBAL__N_111dot_productERKSt5arrayIdLm32EES5_", "lab::jam::dot_product"},
      {"_ZZN3lab3runEvEN5local4stepEi", "lab::run::local::step"},
      {"_ZNSt6chrono3_V212steady_clock3nowEv", "std::chrono::steady_clock::now"},
      {"_ZNKSt7__n486116coroutine_handleIvE6resumeEv", "std::coroutine_handle<void>::resume"},
      // Strings.
      {"_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE9_M_appendEPKcm",
       "std::string::_M_append"},
      {"_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEC1EOS4_", "std::string::basic_string"},
      {"_ZNSsC1ERKSs", "std::string::basic_string"},
      {"_ZNSt7__cxx1112basic_stringIwSt11char_traitsIwESaIwEE4swapERS4_",
       "std::basic_string<...>::swap"},
      {"_ZNKSt17basic_string_viewIcSt11char_traitsIcEE4findEcm", "std::string_view::find"},
      {"_ZNSo5writeEPKcl", "std::ostream::write"},
      {"_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_PKc", "std::operator<< <...>"},
      // Template arguments.
      {"_ZN9loopscope4http7sessionI3tlsE3runEv", "loopscope::http::session<tls>::run"},
      {"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<...>::push_back"},
      {"_ZN3lab5storeINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEEEvRKT_",
       "lab::store<std::string>"},
      {"_ZN3lab4swapIPKcEEvRT_S4_", "lab::swap<char const*>"},
      {"_ZN3lab3getILi3EEEiv", "lab::get<3>"},
      {"_ZN3lab4callIJEEEvDpT_", "lab::call"},
      {"_ZN5boost4asio6detail16awaitable_threadINS0_15any_io_executorEE4pumpEv",
       "boost::asio::detail::awaitable_thread<...>::pump"},
      {"_ZSt7forwardIMSt6threadFvvEEOT_RNSt16remove_referenceIS3_E4typeE", "std::forward<...>"},
      // Operators.
      {"_ZN3lab5pointplERKS0_", "lab::point::operator+"},
      {"_ZNK3lab5pointltIiEEbT_", "lab::point::operator< <int>"},
      {"_ZNK3lab5pointssERKS0_", "lab::point::operator<=>"},
      {"_ZN3lab5pointclEv", "lab::point::operator()"},
      {"_ZN3lab5pointixEm", "lab::point::operator[]"},
      {"_ZN3lab5pointptEv", "lab::point::operator->"},
      {"_ZNK3lab5pointcvbEv", "lab::point::operator bool"},
      {"_ZNK3lab5pointcvPFvvEEv", "lab::point::operator ..."},
      {"_ZNKSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEcvSt17basic_string_viewIcS2_EEv",
       "std::string::operator std::string_view"},
      {"_ZN3labawERNS_4taskE", "lab::operator co_await"},
      {"_ZN3labli3_msEy", "lab::operator\"\" _ms"},
      {"_Znwm", "operator new"},
      {"_ZdaPvm", "operator delete[]"},
      // Functions that the compiler made or took apart.
      {"_ZN3lab7serviceC2Ev", "lab::service::service"},
      {"_ZN3lab7serviceD0Ev", "lab::service::~service"},
      {"_ZThn16_N3lab7service3runEv", "non-virtual thunk to lab::service::run"},
      {"_ZN3lab4busyEi.isra.0", "lab::busy"},
      {"_ZN3lab4busyEi.part.0.cold", "lab::busy"},
      {"crc32.constprop.1", "crc32"},
      {"_ZN3lab4pickB5cxx11Ei", "lab::pick"},
      {"_ZN3lab4pickEi@plt", "lab::pick@plt"},
      // Return types.
      {"_ZN3lab4pickIiEEPFvcEi", "lab::pick<int>"},
      {"_ZN3lab3addIiiEEDTplfp_fp0_ET_T0_", "lab::add<...>"},
      {"_ZN3lab3runIFvvDoEEEvPT_", "lab::run<...>"},
      // Other languages, and what is no name.
      {"__log1p_fma", "__log1p_fma"},
      {"log1p@plt", "log1p@plt"},
      {"_ZNSs6appendEPKc@@GLIBCXX_3.4", "std::string::append"},
      {"_RNvC3foo3bar", "_RNvC3foo3bar"},
      {"0x120 (libc.so.6)", "0x120 (libc.so.6)"},
      {"[libm.so.6 changed]", "[libm.so.6 changed]"},
      {"", ""},
  }));
  CAPTURE(name);

  CHECK(short_name(name) == readable);
}

TEST_CASE("The short name of a lambda says where it is, that of a coroutine is its own",
          "[symbols]") {
  auto const [name, readable] = GENERATE(table<std::string, std::string>({
      {"_ZZN3lab5serveEvENKUlvE_clEv", "lab::serve::lambda at session.cpp:57"},
      {"_ZZN3lab5serveEvENKUlT_E0_clIiEEDaS0_", "lab::serve::lambda at session.cpp:57"},
      {"_ZZZN3lab5serveEvENKUlvE_clEvENKUlvE_clEv", "lab::serve::lambda::lambda at session.cpp:57"},
      {"_ZZN3lab5serveEvENUlvE_4_FUNEv", "lab::serve::lambda::_FUN"},
      {"lab::serve()::<lambda(int)>::operator()", "lab::serve::lambda at session.cpp:57"},
      {"operator()", "operator() at session.cpp:57"},
      {"_ZN3lab7service9shut_downEPZNS0_9shut_downEvE33_ZN3lab7service9shut_downEv.Frame.actor",
       "lab::service::shut_down [coroutine]"},
      {"_ZN3lab7service9shut_downEPZNS0_9shut_downEvE33_ZN3lab7service9shut_downEv.Frame.actor."
       "cold",
       "lab::service::shut_down [coroutine]"},
      {"_ZN3lab7service9shut_downEPZNS0_9shut_downEvE33_ZN3lab7service9shut_downEv.Frame.destroy",
       "lab::service::shut_down [coroutine] [destroy]"},
      {"_ZN3lab4taskEi.resume", "lab::task [coroutine]"},
  }));
  CAPTURE(name);

  CHECK(short_name(name) == readable);
}

TEST_CASE("A lambda whose place is not known is one all the same", "[symbols]") {
  CHECK(symbols::short_name("_ZZN3lab5serveEvENKUlvE_clEv", "", 57) == "lab::serve::lambda");
  CHECK(symbols::short_name("_ZZN3lab5serveEvENKUlvE_clEv", "a.cpp", 0) == "lab::serve::lambda");
  CHECK(symbols::short_name("operator()", "", 0) == "operator()");
}

TEST_CASE("The short name of a qualified name is made by the same rules", "[symbols]") {
  auto const [name, readable] = GENERATE(table<std::string, std::string>({
      {"loopscope::http::(anonymous namespace)::begin_head", "loopscope::http::begin_head"},
      {"(anonymous namespace)::run", "run"},
      {"session<tls>::run", "session<tls>::run"},
      {"vector<int, std::allocator<int> >::f", "vector<...>::f"},
      {"vector<char, '>'>::f", "vector<...>::f"},
      {"lab::f<((a)>(b))>", "lab::f<...>"},
      {"lab::f<(sizeof (a))<(b)>", "lab::f<...>"},
      {"lab::apply<lab::point::operator<, 3>::run", "lab::apply<...>::run"},
      {"lab::call<<lambda()> >", "lab::call<...>"},
      {"lab::point::operator<", "lab::point::operator<"},
      {"lab::point::operator<< <int>", "lab::point::operator<< <int>"},
      {"lab::point::operator std::string", "lab::point::operator std::string"},
      {"lab::session::run() [awaiting session.cpp:85]",
       "lab::session::run [awaiting session.cpp:85]"},
      {"std::basic_string<char>::append", "std::string::append"},
      {"std::__1::vector<int>::push_back", "std::vector<int>::push_back"},
      {"a<b", "a<b"},
      {"((((", "(((("},
      {"operator", "operator"},
      {"::", "::"},
  }));
  CAPTURE(name);

  CHECK(short_name(name) == readable);
}

TEST_CASE("A waiting coroutine has its name and the place of its co_await", "[symbols]") {
  std::string_view const body =
      "_ZN3lab7service9shut_downEPZNS0_9shut_downEvE33_ZN3lab7service9shut_downEv.Frame.actor";
  auto const name = symbols::awaiting_name(body, "/src/service.cpp", 85);

  CHECK(name == "lab::service::shut_down() [awaiting service.cpp:85]");
  CHECK(short_name(name) == "lab::service::shut_down [awaiting service.cpp:85]");
  CHECK(symbols::awaiting_name(body, "", 0) == "lab::service::shut_down() [awaiting]");
  CHECK(symbols::awaiting_name("resume", "", 0) == "resume [awaiting]");
}

TEST_CASE("A name that is too long for the demangler is cut out of it", "[symbols]") {
  std::string arguments;
  for (int i = 0; i < 80; ++i) arguments += "N3lab14a_long_elementE";
  auto const [before, after, readable] = GENERATE(table<std::string, std::string, std::string>({
      {"_ZN5boost4asio6detail12handler_workI", "E8completeIS2_EEvRT_",
       "boost::asio::detail::handler_work<...>::complete<...>"},
      {"_ZNSt6vectorI", "E9push_backERKi", "std::vector<...>::push_back"},
      {"_ZN3lab5pointC2I", "EET_", "lab::point::point<...>"},
      {"_ZN3lab5pointeqI", "EEbRKT_", "lab::point::operator==<...>"},
      {"_ZZN3lab5serveI", "EEvvENKUlvE_clEv", "lab::serve<...>::lambda at session.cpp:57"},
  }));
  auto const name = before + arguments + after;
  REQUIRE(name.size() > 1024);

  CHECK(short_name(name) == readable);
  CHECK_FALSE(symbols::full_name(name).starts_with("_Z"));
}

TEST_CASE("Any bytes have a name, which is empty for none only", "[symbols]") {
  std::string_view const bytes =
      "<>()[]{}:~ ,&*'_ZNIEXJLSTDUlMFA0123456789operator{lambda(anonymous)@plt.Frame.cold";
  std::vector<std::string> const names{
      "void asio::detail::f<a::b, int (*)(c)>(std::vector<x> const&)::{lambda()#1}::operator()()",
      "_ZN3lab7service9shut_downEPZNS0_9shut_downEvE33_ZN3lab7service9shut_downEv.Frame.actor",
      "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEC1EOS4_",
      "_ZZN3lab5serveIJiXadL_Z4busyiEEEEEvDTcl1fEEENKUlvE_clEv",
      "lab::point::operator std::string() [awaiting session.cpp:85]"};
  std::minstd_rand random{7};
  auto const below = [&](std::size_t limit) { return random() % limit; };

  for (int i = 0; i < 20'000; ++i) {
    auto name = names[below(names.size())];
    for (auto changes = 1 + below(5); changes > 0 && !name.empty(); --changes) {
      auto const at = below(name.size());
      if (below(3) == 0)
        name.erase(at, 1 + below(6));
      else
        name.insert(at, 1, bytes[below(bytes.size())]);
    }
    if (short_name(name).empty() != name.empty()) FAIL(name);
    if (symbols::full_name(name).empty() != name.empty()) FAIL(name);
  }
}

TEST_CASE("A name of any depth has a name", "[symbols]") {
  auto const* part = GENERATE("P", "<", "(", "{", "N1aI", "XclcL", "operator ", "a<", "Z",
                              "a::", "vtable for ", "void (*", "::<lambda(");
  std::string name;
  for (int i = 0; i < 3'000; ++i) name += part;

  CHECK_FALSE(short_name(name).empty());
  CHECK_FALSE(short_name("_Z" + name).empty());
}
