#pragma once

#include <csignal>

namespace loopscope::cpu {

using signal_action = void (*)(int, siginfo_t*, void*);

/// Puts a handler of SIGPROF before the one that is there, as often as it takes: others may have
/// installed theirs since. It stays for good, because a signal may be on its way when it is not
/// needed any more, and SIGPROF's default ends the process. What others install is never replaced
/// by what was there before.
/// \param handler  calls call_previous(); the same one at all times.
/// \throws system_error if the kernel refuses.
/// \thread one at a time
void install_sigprof(signal_action handler);

/// Whether the handler that runs was called by a handler that it has called itself: one that was
/// installed after ours and passes on what we pass on to it. The signal has been seen then.
/// \thread in the handler
bool is_called_back() noexcept;

/// Calls the handler that was there before with the arguments that it wants, and nothing else: a
/// handler that has been called for this signal is not called again by one that calls us back.
/// \thread in the handler: it takes no lock and allocates nothing
void call_previous(int signal, siginfo_t* info, void* context) noexcept;

}  // namespace loopscope::cpu
