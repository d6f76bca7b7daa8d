#include "agent/http/reloading.hpp"

#include "agent/http/server.hpp"
#include "agent/http/tls_credentials.hpp"

namespace standin::http {

void reloadCredentials(TlsCredentials& credentials, Server& server, const base::Log& log) {
    if (const auto read = credentials.reload()) {
        log.notice("certificate, key and CA were read again");
    } else {
        log.error("not everything could be read again: {}; what was read before is in force", read.error().message);
    }
    server.endRevoked();
}

void followRevocations(TlsCredentials& credentials, Server& server, const base::Log& log) {
    if (!credentials.reloadChangedList()) return;
    if (const auto problem = credentials.problems().revocations; !problem.empty()) {
        log.error("{}; the one before is in force", problem);
    } else {
        log.notice("the revocation list was read again: {} certificates are revoked",
                   credentials.revocations()->count());
    }
    server.endRevoked();
}

}  // namespace standin::http
