#include "coordinator/traps/refused_senders.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace standin::traps {

namespace {

constexpr std::chrono::hours told_again{1}, shown_for{24};
constexpr unsigned most_told_in_minute = 20;

std::string withoutPrefix(const std::string& reason) {
    constexpr std::string_view prefix = "refused: ";
    return reason.starts_with(prefix) ? reason.substr(prefix.size()) : reason;
}

std::string quotedServer(const Verdict& verdict) {
    return verdict.server.empty() ? std::string("SERVER") : verdict.server.text();
}

/// The entry of traps.users that would make it believed.
std::string userLine(const Trap& trap, const Verdict& verdict) {
    return fmt::format(
        "engine id {} and user '{}' were seen; compare both with what the BMC itself shows, since anybody can write "
        "them "
        "into a datagram, and add under traps.users: {{name: {}, engine_id: \"{}\", authentication: SHA-256, "
        "authentication_file: FILE, servers: [{}]}} (in the inventory: standin_engine_id and standin_trap_user)",
        trap.engine_id.empty() ? "none" : trap.engine_id, trap.principal,
        trap.principal.empty() ? "USER" : trap.principal, trap.engine_id, quotedServer(verdict));
}

}  // namespace

std::string cureOf(const Trap& trap, const Verdict& verdict) {
    switch (verdict.refusal) {
        case RefusalKind::Engine:
        case RefusalKind::User:
            return userLine(trap, verdict);
        case RefusalKind::Level:
            return fmt::format(
                "set user '{}' of the BMC to authentication and privacy, or remove privacy_file from that "
                "user under traps.users",
                trap.principal);
        case RefusalKind::Digest:
            return fmt::format(
                "write the authentication secret of the BMC's user '{}' (engine {}) into its "
                "authentication_file, and its protocol as 'authentication' under traps.users",
                trap.principal, trap.engine_id);
        case RefusalKind::Decryption:
            return fmt::format(
                "write the privacy secret of the BMC's user '{}' (engine {}) into its privacy_file, and "
                "its protocol as 'privacy' under traps.users",
                trap.principal, trap.engine_id);
        case RefusalKind::TimeWindow:
            return "if the BMC was reset or replaced, so that it counts its starts from the beginning, give it a new "
                   "engine id, or remove trap_senders.json in the state_dir while the coordinator is stopped; "
                   "otherwise "
                   "somebody repeats old traps: find out who";
        case RefusalKind::Replay:
            return "somebody repeats what this BMC once sent: find out who can read the management network";
        case RefusalKind::Unauthenticated:
            return "have the BMC send SNMPv3 and add its user under traps.users, or add 'allow_unauthenticated_traps: "
                   "true' under 'traps' and accept that anybody on the management network can forge a failure";
        case RefusalKind::Community:
            return "write the BMC's community into the file that communities_file or 'communities' under 'traps' "
                   "names, "
                   "or set the BMC to one that is there";
        case RefusalKind::Guessing:
            return "find out who tries communities in the name of this address; wrong ones are looked at only every 6 "
                   "s";
        case RefusalKind::Binding:
            return fmt::format(
                "if it is this server's own, add '{}' to its 'servers' under traps.users or "
                "traps.communities; otherwise somebody uses one machine's credentials for another",
                quotedServer(verdict));
        case RefusalKind::Version:
        case RefusalKind::Type:
        case RefusalKind::Malformed:
            return "set the BMC to send SNMP traps of version 3 or 2c to this coordinator";
        case RefusalKind::Contradiction:  // the reason says it
        case RefusalKind::None:
            break;
    }
    return {};
}

std::string RefusedSenders::senderOf(const TrapRecord& record) const {
    const auto& source = record.trap.source;
    if (const auto server = servers_.byAddress(source)) return fmt::format("server '{}'", server->text());
    if (servers_.isForwarder(source)) return "forwarder " + source;
    // Whoever sends whatever from anywhere is nobody's concern, until it would have been a failure, or is authentic.
    using Kind = RefusalKind;
    const auto kind = record.verdict.refusal;
    const bool authentic =
        kind == Kind::Binding || kind == Kind::Contradiction || kind == Kind::Replay || kind == Kind::TimeWindow;
    const bool unknown = record.verdict.outcome == Verdict::Outcome::UnknownServer;
    if (!authentic && !unknown && kind != Kind::Guessing) return {};
    if (kind == Kind::Guessing) return "other addresses";
    auto name = "sender " + source;
    if (entries_.count({name, kind}) > 0) return name;
    const auto strangers = std::count_if(entries_.begin(), entries_.end(),
                                         [](const auto& one) { return one.first.first.starts_with("sender "); });
    return static_cast<std::size_t>(strangers) < most_strangers ? name : "other senders";
}

bool RefusedSenders::mayTell(base::WallTime now) {
    if (now - minute_ >= std::chrono::minutes(1) || now < minute_) {
        minute_ = now;
        told_in_minute_ = 0;
    }
    if (told_in_minute_ >= most_told_in_minute) {
        ++untold_;
        return false;
    }
    ++told_in_minute_;
    return true;
}

void RefusedSenders::take(const TrapRecord& record) {
    using Outcome = Verdict::Outcome;
    const auto& verdict = record.verdict;
    if (verdict.outcome != Outcome::Refused && verdict.outcome != Outcome::UnknownServer) {
        if (const auto server = servers_.byAddress(record.trap.source)) accepted(*server);
        return;
    }
    std::unique_lock lock(mutex_);
    // A sender of informs repeats them by itself.
    if (verdict.refusal == RefusalKind::Replay && record.trap.inform) return;
    const auto name = senderOf(record);
    if (name.empty()) return;
    const auto now = clock_.wall();
    auto& entry = entries_[{name, verdict.refusal}];
    auto& sender = entry.sender;
    if (sender.count == 0) sender.first = now;
    sender.name = name;
    sender.server = servers_.byAddress(record.trap.source).value_or(verdict.server);
    sender.reason = withoutPrefix(verdict.reason);
    sender.cure = cureOf(record.trap, verdict);
    sender.trap_id = record.id;
    sender.count += record.trap.count;
    sender.last = now;
    const bool due = entry.told_at == base::WallTime{} || now - entry.told_at >= told_again || now < entry.told_at;
    if (!due || !mayTell(now)) return;
    entry.told_at = now;
    auto message =
        fmt::format("traps of {} start nothing: {} (trap {} from {}, {} so far){}{}", name, sender.reason, record.id,
                    record.trap.source, sender.count, sender.cure.empty() ? "" : "; ", sender.cure);
    if (const auto untold = std::exchange(untold_, 0); untold > 0)
        message += fmt::format("; {} further messages about refused traps were spared: standinctl health", untold);
    const auto server = sender.server;
    lock.unlock();
    tell_(server, message);
}

void RefusedSenders::accepted(const base::ServerName& server) {
    const std::lock_guard lock(mutex_);
    accepted_[server] = clock_.wall();
}

std::vector<RefusedSender> RefusedSenders::present() const {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.wall();
    std::vector<RefusedSender> open;
    for (const auto& [key, entry] : entries_) {
        const auto& sender = entry.sender;
        const auto believed = accepted_.find(sender.server);
        if (now - sender.last > shown_for || (believed != accepted_.end() && believed->second >= sender.last)) continue;
        open.push_back(sender);
    }
    return open;
}

protocol::HealthCheck RefusedSenders::check() const {
    protocol::HealthCheck check{"trap_senders", true, "no configured sender is refused", ""};
    constexpr std::size_t most_shown = 10;
    const auto open = present();
    if (open.empty()) return check;
    check.ok = false;
    check.detail.clear();
    for (std::size_t i = 0; i < std::min(open.size(), most_shown); ++i) {
        const auto& one = open[i];
        check.detail += fmt::format("{}traps of {} start nothing: {} ({} since {})", i == 0 ? "" : "; ", one.name,
                                    one.reason, one.count, base::rfc3339(one.first));
        if (!one.cure.empty())
            check.cure += fmt::format("{}{}: {}", check.cure.empty() ? "" : "; ", one.name, one.cure);
    }
    if (open.size() > most_shown) check.detail += fmt::format("; and {} further senders", open.size() - most_shown);
    if (check.cure.empty()) check.cure = "see standinctl trap list";
    return check;
}

}  // namespace standin::traps
