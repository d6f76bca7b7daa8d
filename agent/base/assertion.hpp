#pragma once

#include <cstdio>
#include <cstdlib>

namespace standin::base {

[[noreturn]] inline void assertionFailed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "assertion failed: %s at %s:%d\n", expression, file, line);
    std::abort();
}

}  // namespace standin::base

/// For programmer errors only, never for what comes from outside. On in every build: a coordinator that has lost its
/// footing stops and is restarted from its journal rather than acting on a false belief.
#define STANDIN_ASSERT(expression) \
    ((expression) ? static_cast<void>(0) : ::standin::base::assertionFailed(#expression, __FILE__, __LINE__))
