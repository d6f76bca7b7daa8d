#pragma once

#include <string>

#include "agent/base/file_descriptor.hpp"
#include "agent/base/result.hpp"

namespace standin::base {

/// open(2) for a file of this program's own. At its path there may be anything: a named pipe, a terminal or a socket
/// would block its reader, and to open a device may do something. Symbolic links are followed. NotFound: there is
/// nothing; Corrupt: it is not a regular file; Internal: otherwise.
Result<FileDescriptor> openRegular(const std::string& path, int flags, unsigned mode = 0640);

}  // namespace standin::base
