#pragma once

#include "agent/base/log.hpp"

namespace standin::http {

class Server;
class TlsCredentials;

/// On SIGHUP: certificate, key, CAs and revocation list are read again. Running requests and commands go on.
void reloadCredentials(TlsCredentials& credentials, Server& server, const base::Log& log);

/// Every second: a revocation list whose file was changed is read again, and ends the connections of those it names.
void followRevocations(TlsCredentials& credentials, Server& server, const base::Log& log);

}  // namespace standin::http
