#pragma once

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace standin::base {

struct FalseAssertion : std::logic_error {
    using std::logic_error::logic_error;
};

/// While one lives, an assertion that fails in this thread is thrown as FalseAssertion: for running the program's rules
/// on what somebody else wrote down, where nothing depends on them.
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

/// For programmer errors only, never for what comes from outside. On in every build: a coordinator that has lost its
/// footing stops and is restarted from its journal rather than acting on a false belief.
#define STANDIN_ASSERT(expression) \
    ((expression) ? static_cast<void>(0) : ::standin::base::assertionFailed(#expression, __FILE__, __LINE__))
