#pragma once

// Makes Asio's coroutines known to profiles: with it in front of all code of a translation unit,
// the coroutines that wait for a running one continue its stack. It has to come before anything
// that makes an `asio::awaitable`: first in the precompiled header, or forced in by the compiler
// (`-include`), as a target does that links loopscope::async_stacks.
//
// It declares a specialization of the function by which Asio resumes coroutines on
// `any_io_executor`. A translation unit without it keeps Asio's own: its coroutines are resumed as
// ever, and only their physical stacks are seen.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/version.hpp>

/// 1 where stacks show waiting coroutines: with the Boost versions whose `awaitable_thread` is
/// known, 1.80 to 1.89. Defined as 0 beforehand, it switches them off.
#ifndef LOOPSCOPE_HAS_PUMP_HOOK
#if defined(BOOST_ASIO_HAS_CO_AWAIT) && BOOST_VERSION >= 108000 && BOOST_VERSION < 109000
#define LOOPSCOPE_HAS_PUMP_HOOK 1
#else
#define LOOPSCOPE_HAS_PUMP_HOOK 0
#endif
#endif

#if LOOPSCOPE_HAS_PUMP_HOOK
namespace boost::asio::detail {

template <>
void awaitable_thread<any_io_executor>::pump();

}  // namespace boost::asio::detail
#endif
