#pragma once

#include <string>

#include "agent/protocol/image.hpp"
#include "coordinator/domain/server.hpp"

namespace standin::domain {

/// Why the disk is not the one that is declared as the spare's, for people; empty: it is, or nothing is declared.
/// What is declared and not reported counts as another disk.
std::string identityProblem(const Spare& spare, const protocol::Disk& disk);

/// Why the spare could not be restored from the image, as far as that is known now; empty: no reason is known. A disk
/// that is not there now (of a machine that is off, for instance) says nothing.
std::string fitnessProblem(const Spare& spare, const protocol::Disk& disk, const protocol::Image& image);

}  // namespace standin::domain
