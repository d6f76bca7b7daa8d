#pragma once

#include "agent/base/log.hpp"

namespace standin::http {

class Server;
class TlsCredentials;

/// On SIGHUP: reads certificate, key, CAs and revocation list again. Running requests and commands continue.
void reloadCredentials(TlsCredentials& credentials, Server& server, const base::Log& log);

/// Every second: reads a changed revocation list again, and closes the connections of the certificates in it.
void followRevocations(TlsCredentials& credentials, Server& server, const base::Log& log);

}  // namespace standin::http
