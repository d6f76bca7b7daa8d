#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::traps {

/// An SNMPv3 user (RFC 3414). A user's keys belong to an engine: for a trap the sender's, for an inform the receiver's,
/// which is this program's.
struct SnmpUser {
    std::string name;
    std::string engine_id;              ///< the sender's, hexadecimal with 0x; empty: this user sends informs only
    std::string authentication;         ///< MD5, SHA, SHA-224, SHA-256, SHA-384, SHA-512
    std::string authentication_secret;  ///< pass phrase of at least 8 characters, or `localized:0x…`
    std::string privacy;                ///< AES, AES-192, AES-256 or DES; empty: not encrypted
    std::string privacy_secret;
};

/// The net-snmp library, with this program's SNMP engine. The library's state is global to the process, so there is one
/// object at a time. It reads no configuration file and no MIB and writes nothing; engine id and number of starts
/// ('boots', RFC 3414, 2.2) are stored in a separate file, durable before the engine is used.
class SnmpEngine {
  public:
    static base::Result<std::unique_ptr<SnmpEngine>> start(const std::string& state_file,
                                                           const std::vector<SnmpUser>& users);
    /// To read messages that arrived long ago. To net-snmp no engine is the own one then: the time of a message to the
    /// own engine is checked, and of any other the first message is taken as it is. `own_id` is whose the users of
    /// informs are; empty: there are no informs.
    static base::Result<std::unique_ptr<SnmpEngine>> startToRead(const std::string& own_id,
                                                                 const std::vector<SnmpUser>& users);
    ~SnmpEngine();
    SnmpEngine(const SnmpEngine&) = delete;
    SnmpEngine& operator=(const SnmpEngine&) = delete;

    [[nodiscard]] const std::string& id() const { return id_; }  ///< hexadecimal with 0x
    [[nodiscard]] std::uint32_t boots() const { return boots_; }

    /// The lowest security level (2 authNoPriv, 3 authPriv) that is accepted for this user; 4 for users that are not
    /// configured. USM itself would also accept a message with a known user's name and no authentication.
    [[nodiscard]] int leastLevelOf(const std::string& user) const;

  private:
    SnmpEngine() = default;
    base::Result<void> takeIdentity(const std::string& state_file);
    [[nodiscard]] base::Result<void> startLibrary() const;
    base::Result<void> addUsers(const std::vector<SnmpUser>& users);
    base::Result<void> addUser(const SnmpUser& user, const std::string& engine_id);

    std::string id_;
    std::uint32_t boots_ = 0;
    std::map<std::string, int> least_levels_;
};

}  // namespace standin::traps
