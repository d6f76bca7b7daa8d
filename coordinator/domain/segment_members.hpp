#pragma once

#include "agent/base/identifier.hpp"

namespace standin::domain {

/// The names of a segment's members.
inline const base::MemberName server_member{"server"};
inline const base::MemberName stand_in_member{"stand-in"};
inline const base::MemberName new_stand_in_member{"new-stand-in"};
inline const base::MemberName spare_member{"spare"};
inline const base::MemberName holder_member{"holder"};

}  // namespace standin::domain
