// Functions whose names, files and lines every style of linking has to show: the stack of each call
// of take(). The test finds the lines by the words behind them.
#include <cstdint>
#include <cstdio>
#include <unwind.h>

namespace lab {
namespace {

void print_frame(_Unwind_Context* context) {
  std::printf("pc %llx\n", static_cast<unsigned long long>(_Unwind_GetIP(context)));
}

[[gnu::noinline]] void take() {
  std::puts("stack");
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void*) {
        print_frame(context);
        return _URC_NO_REASON;
      },
      nullptr);  // line: backtrace
  asm volatile("");
}

struct worker {
  int factor;

  [[gnu::always_inline]] int step(int n) const {  // begins: step
    take();                                       // line: take
    return n * factor;
  }
};

[[gnu::noinline]] int work(int n) {  // begins: work
  worker const w{n};
  auto const first = [&](int a) __attribute__((always_inline)) {  // begins: first
    return w.step(a) + 1;                                         // line: step by first
  };
  auto const second = [&](int a) __attribute__((always_inline)) {  // begins: second
    return w.step(a + 1) + 2;                                      // line: step by second
  };
  auto const one = first(n);  // line: first
  return one + second(one);   // line: second
}

}  // namespace

[[gnu::noinline, gnu::visibility("default")]] int culprit(int n) {  // begins: culprit
  auto const done = work(n);                                        // line: work
  asm volatile("");
  return done + 1;
}

}  // namespace lab

extern "C" [[gnu::visibility("default")]] int call_culprit(int n) {
  auto const done = lab::culprit(n);
  asm volatile("");
  return done;
}
