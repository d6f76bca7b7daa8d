#include "agent/base/boundary.hpp"

#include "agent/base/text.hpp"

namespace standin::base {

std::string currentException() noexcept {
    try {
        throw;
    } catch (const std::exception& exception) {
        return std::string("unexpected: ") + oneLine(exception.what());
    } catch (...) {
        return "unexpected: something that is no exception was thrown";
    }
}

}  // namespace standin::base
