#pragma once

#include "agent/base/clock.hpp"
#include "agent/protocol/common.hpp"

namespace standin::http {

class Metrics;
class TlsCredentials;

/// The check `certificate`: fails if the own certificate or its CA's expires within 7 days; warns within 30 days, or if
/// the files on the disk are not those in force. With a revocation list also the check `revocations`: fails if the list
/// cannot be used (the previous one stays in force) or has passed its next update; warns a day before that.
void checkCredentials(protocol::Health& health, const TlsCredentials& credentials, base::WallTime now);

/// `standin_certificate_expiry_seconds{certificate="own|ca|revocation_list"}`: seconds left, negative after expiry.
void meterCredentials(Metrics& metrics, const TlsCredentials& credentials, base::WallTime now);

}  // namespace standin::http
