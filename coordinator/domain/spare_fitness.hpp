#pragma once

#include <string>

#include "agent/protocol/image.hpp"
#include "coordinator/domain/server.hpp"

namespace standin::domain {

/// Why the disk is not the one declared for the spare, for people. Empty: it matches, or nothing is declared. A
/// declared identity that the disk does not report counts as a mismatch.
std::string identityProblem(const Spare& spare, const protocol::Disk& disk);

/// Why the spare could not be restored from the image, as far as is known now. Empty: no reason is known. A disk that
/// is not available now (because its machine is off, for instance) is not a reason.
std::string fitnessProblem(const Spare& spare, const protocol::Disk& disk, const protocol::Image& image);

}  // namespace standin::domain
