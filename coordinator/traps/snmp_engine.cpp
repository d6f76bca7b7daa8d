#include "coordinator/traps/snmp_engine.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "agent/base/durable_file.hpp"
#include "agent/base/number.hpp"
#include "coordinator/traps/net_snmp.hpp"

namespace standin::traps {

namespace {

constexpr std::uint32_t most_boots =
    2'147'483'646;  // RFC 3414, 2.2.2: at the maximum an engine must not authenticate any more

std::atomic<bool> in_use = false;  // the library's state is global, so this has to be
std::string last_words;            // of the library; only the thread that uses it at the time touches them

// Registered for as long as the library is in use: without a log handler it writes to standard error, and a hostile
// sender could make it write for ever. What a datagram makes it say is told by our own counters.
int rememberLog(int /*major*/, int /*minor*/, void* server_argument, void* /*client_argument*/) {
    last_words = static_cast<const snmp_log_message*>(server_argument)->msg;
    while (!last_words.empty() && last_words.back() == '\n') last_words.pop_back();
    return 0;
}

base::Unexpected broken(const std::string& file, std::string_view why) {
    return base::failure(
        base::ErrorCode::Corrupt,
        fmt::format("the SNMP engine's state '{}' {}; remove it, and senders of v3 informs learn a new engine id", file,
                    why));
}

std::optional<std::vector<std::uint8_t>> bytesOf(std::string_view hex) {
    if (!hex.starts_with("0x") || hex.size() % 2 != 0) return std::nullopt;
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 2; i < hex.size(); i += 2) {
        const auto byte = base::parseNumber<std::uint8_t>(hex.substr(i, 2), 16);
        if (!byte) return std::nullopt;
        bytes.push_back(*byte);
    }
    if (bytes.size() < 5 || bytes.size() > 32) return std::nullopt;  // RFC 3411, SnmpEngineID
    return bytes;
}

/// RFC 3411, SnmpEngineID: enterprise 8072 (net-snmp) with the first bit set, format 5 (octets), then random ones.
std::string newEngineId() {
    std::array<unsigned char, 16> random{};
    STANDIN_ASSERT(RAND_bytes(random.data(), random.size()) == 1);
    return fmt::format("0x80001f8805{:02x}", fmt::join(random, ""));
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

base::Result<std::string> secretArgument(const SnmpUser& user, const std::string& secret, std::string_view what) {
    constexpr std::string_view localized = "localized:";
    if (secret.starts_with(localized)) return "-l " + secret.substr(localized.size());
    const bool one_line =
        std::none_of(secret.begin(), secret.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; });
    if (secret.size() >= 8 && one_line) return quoted(secret);
    return base::failure(
        base::ErrorCode::InvalidInput,
        fmt::format("the {} secret of SNMP user '{}' must be one line of at least 8 characters", what, user.name));
}

}  // namespace

base::Result<std::unique_ptr<SnmpEngine>> SnmpEngine::start(const std::string& state_file,
                                                            const std::vector<SnmpUser>& users) {
    if (in_use.exchange(true))
        return base::failure(base::ErrorCode::Conflict, "an SNMP engine is running in this process already");
    std::unique_ptr<SnmpEngine> engine(new SnmpEngine);  // from here on its destructor gives the library free
    if (auto taken = engine->takeIdentity(state_file); !taken) return base::failure(taken.error());
    if (auto started = engine->startLibrary(); !started) return base::failure(started.error());
    if (auto added = engine->addUsers(users); !added) return base::failure(added.error());
    return engine;
}

base::Result<std::unique_ptr<SnmpEngine>> SnmpEngine::startToRead(const std::string& own_id,
                                                                  const std::vector<SnmpUser>& users) {
    if (in_use.exchange(true))
        return base::failure(base::ErrorCode::Conflict, "an SNMP engine is running in this process already");
    std::unique_ptr<SnmpEngine> engine(new SnmpEngine);
    engine->id_ = newEngineId();
    engine->boots_ = 1;
    if (auto started = engine->startLibrary(); !started) return base::failure(started.error());
    if (bytesOf(own_id)) engine->id_ = own_id;
    if (auto added = engine->addUsers(users); !added) return base::failure(added.error());
    return engine;
}

base::Result<void> SnmpEngine::startLibrary() const {
    setenv("MIBS", "", 1);  // the library has no other way to be told that no MIB is wanted
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
    netsnmp_register_loghandler(NETSNMP_LOGHANDLER_CALLBACK, LOG_DEBUG);
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, rememberLog, nullptr);
    init_snmp("standin");
    const auto id = bytesOf(id_);
    const bool exact = set_exact_engineID(id->data(), id->size()) == SNMPERR_SUCCESS;
    auto previous_boots = std::to_string(boots_ - 1);
    engineBoots_conf("engineBoots", previous_boots.data());  // takes the number of the last run and adds one
    set_enginetime(id->data(), static_cast<u_int>(id->size()), boots_,
                   static_cast<u_int>(snmpv3_local_snmpEngineTime()), TRUE);
    if (!exact) return base::failure(base::ErrorCode::Internal, "net-snmp does not take the engine id");
    return {};
}

SnmpEngine::~SnmpEngine() {
    if (boots_ > 0) {
        snmp_shutdown("standin");
        snmp_disable_log();
        snmp_unregister_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, rememberLog, nullptr, 0);
    }
    in_use = false;
}

base::Result<void> SnmpEngine::takeIdentity(const std::string& state_file) {
    std::string id = newEngineId();
    std::uint32_t boots = 0;
    auto text = base::readWhole(state_file, 4096);
    if (text) {
        const auto space = text->find(' ');
        id = text->substr(0, space);
        if (space == std::string::npos || !bytesOf(id)) return broken(state_file, "cannot be read");
        const auto* begin = text->data() + space + 1;
        if (std::from_chars(begin, text->data() + text->size(), boots).ec != std::errc{})
            return broken(state_file, "cannot be read");
        if (boots >= most_boots) return broken(state_file, "has used up its number of starts");
    } else if (text.error().code != base::ErrorCode::NotFound) {
        return base::failure(text.error());
    }
    if (auto written = base::writeKeepingRoom(state_file, fmt::format("{} {}\n", id, boots + 1), 0600); !written)
        return written;
    id_ = id;
    boots_ = boots + 1;
    return {};
}

base::Result<void> SnmpEngine::addUsers(const std::vector<SnmpUser>& users) {
    // Of a name's entries the one without engine id, else the first, is also the user that sends informs to our own
    // engine.
    std::map<std::string, const SnmpUser*> informers;
    for (const auto& user : users) {
        const auto [known, fresh] = informers.emplace(user.name, &user);
        if (!fresh && user.engine_id.empty()) known->second = &user;
        const int level = user.privacy.empty() ? SNMP_SEC_LEVEL_AUTHNOPRIV : SNMP_SEC_LEVEL_AUTHPRIV;
        const auto [least, first] = least_levels_.emplace(user.name, level);
        if (!first && least->second != level) {
            return base::failure(
                base::ErrorCode::InvalidInput,
                fmt::format("SNMP user '{}' is encrypted in one entry and not in another; name them differently",
                            user.name));
        }
        if (user.engine_id.empty()) continue;
        if (!bytesOf(user.engine_id)) {
            return base::failure(
                base::ErrorCode::InvalidInput,
                fmt::format("engine id '{}' of SNMP user '{}' must be 0x and 5 to 32 bytes in hexadecimal",
                            user.engine_id, user.name));
        }
        if (auto added = addUser(user, user.engine_id); !added) return added;
    }
    for (const auto& [name, user] : informers) {
        if (auto added = addUser(*user, id_); !added) return added;
    }
    return {};
}

base::Result<void> SnmpEngine::addUser(const SnmpUser& user, const std::string& engine_id) {
    // A localized key belongs to the sender's engine and is of no use for another.
    if (engine_id == id_ && !user.engine_id.empty() && user.authentication_secret.starts_with("localized:")) return {};
    auto authentication = secretArgument(user, user.authentication_secret, "authentication");
    if (!authentication) return base::failure(authentication.error());
    std::string line =
        fmt::format("-e {} {} {} {}", engine_id, quoted(user.name), user.authentication, *authentication);
    if (!user.privacy.empty()) {
        auto privacy = secretArgument(user, user.privacy_secret, "privacy");
        if (!privacy) return base::failure(privacy.error());
        line += fmt::format(" {} {}", user.privacy, *privacy);
    }
    last_words.clear();
    usm_parse_create_usmUser("createUser", line.data());
    std::fill(line.begin(), line.end(), '\0');  // secrets stay in memory no longer than they must
    const auto id = bytesOf(engine_id);
    if (usm_get_user(id->data(), id->size(), user.name.c_str()) != nullptr && last_words.empty()) return {};
    return base::failure(
        base::ErrorCode::InvalidInput,
        fmt::format("net-snmp does not take SNMP user '{}' ({}, {}): {}", user.name, user.authentication,
                    user.privacy.empty() ? "not encrypted" : user.privacy, last_words));
}

int SnmpEngine::leastLevelOf(const std::string& user) const {
    const auto known = least_levels_.find(user);
    return known == least_levels_.end() ? SNMP_SEC_LEVEL_AUTHPRIV + 1 : known->second;
}

}  // namespace standin::traps
