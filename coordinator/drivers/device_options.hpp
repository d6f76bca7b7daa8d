#pragma once

#include <initializer_list>
#include <string>

#include "coordinator/drivers/power_driver.hpp"

namespace standin::drivers {

/// The first of an option's names (fence agents keep the old ones) that the device has; empty: none.
inline std::string optionOf(const PowerDevice& device, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const auto found = device.options.find(name);
        if (found != device.options.end()) return found->second;
    }
    return {};
}

/// As fence agents read it.
inline bool isTrue(const std::string& text) {
    return text == "1" || text == "on" || text == "yes" || text == "true";
}

}  // namespace standin::drivers
