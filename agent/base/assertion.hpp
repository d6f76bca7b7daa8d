#pragma once

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace standin::base {

struct FalseAssertion : std::logic_error {
    using std::logic_error::logic_error;
};

/// While an object of this class exists, a failed assertion in this thread throws FalseAssertion: for applying the
/// program's rules to data from elsewhere, on which nothing depends.
class AssertionsThrow {
  public:
    AssertionsThrow() { ++depth_; }
    ~AssertionsThrow() { --depth_; }
    AssertionsThrow(const AssertionsThrow&) = delete;
    AssertionsThrow& operator=(const AssertionsThrow&) = delete;
    static bool now() { return depth_ > 0; }

  private:
    static inline thread_local int depth_ = 0;
};

[[noreturn]] inline void assertionFailed(const char* expression, const char* file, int line) {
    if (AssertionsThrow::now()) throw FalseAssertion(expression);
    std::fprintf(stderr, "assertion failed: %s at %s:%d\n", expression, file, line);
    std::abort();
}

}  // namespace standin::base

/// For programmer errors only, never for input. Enabled in every build: a coordinator in an invalid state stops and is
/// restarted from its journal, rather than acting on it.
#define STANDIN_ASSERT(expression) \
    ((expression) ? static_cast<void>(0) : ::standin::base::assertionFailed(#expression, __FILE__, __LINE__))
