#pragma once

#include <cstdint>
#include <vector>

#include "agent/request_holder/request_holder_settings.hpp"

namespace standin::request_holder {

/// Raises this process's limit of open files to `wanted` where it may, and returns what it is then.
std::uint64_t raiseDescriptorLimit(std::uint64_t wanted);

/// What the jobs' limits need at most, with what the agent itself needs.
std::uint64_t descriptorsNeeded(const std::vector<JobSettings>& jobs);

/// Jobs whose configuration does not say `proxied` share what `allowed` open files leave. InvalidInput: the limits that
/// are said need more, so an agent that reached them would not be able to answer its API or to release.
Result<void> fitDescriptors(std::vector<JobSettings>& jobs, std::uint64_t allowed);

}  // namespace standin::request_holder
