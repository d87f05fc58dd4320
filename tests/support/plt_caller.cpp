// Calls functions of other files through the procedure linkage table, for the test of its reader.
#include <cmath>
#include <unistd.h>

extern "C" {

// The address of a pointer's function is kept in the global offset table: where calls are bound at
// once, they go through a stub of their own kind.
pid_t (*volatile kept)() = nullptr;

double call_all(double x) {
  kept = getpid;
  return std::log1p(x) + std::cos(x) + static_cast<double>(getpid());
}

void const* stub_of_log1p() {
  void const* stub = nullptr;
  asm("lea log1p@PLT(%%rip), %0" : "=r"(stub));
  return stub;
}

void const* stub_of_cos() {
  void const* stub = nullptr;
  asm("lea cos@PLT(%%rip), %0" : "=r"(stub));
  return stub;
}

void const* stub_of_getpid() {
  void const* stub = nullptr;
  asm("lea getpid@PLT(%%rip), %0" : "=r"(stub));
  return stub;
}

}  // extern "C"
