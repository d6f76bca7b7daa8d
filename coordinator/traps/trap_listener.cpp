#include "coordinator/traps/trap_listener.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "coordinator/traps/net_snmp.hpp"
#include "coordinator/traps/trap_decoding.hpp"

namespace standin::traps {

/// One socket with net-snmp's session on it. Only the listener's thread is in here, so nothing needs a lock but the counts.
struct TrapListener::Session {
    TrapListener& listener;
    std::unique_ptr<TrapSocket> socket;
    void* snmp = nullptr;

    Session(TrapListener& owner, std::unique_ptr<TrapSocket> opened) : listener(owner), socket(std::move(opened)) {}
    ~Session() {
        if (snmp != nullptr) snmp_sess_close(snmp);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    bool open();
    [[nodiscard]] Trap arrivedTrap() const;
    void parsed(const netsnmp_pdu& pdu, int result);
    void received(netsnmp_pdu& pdu);
    [[nodiscard]] Refusal distrust(const netsnmp_pdu& pdu) const;
    void refuse(Trap trap, Refusal refusal);
    void acknowledge(netsnmp_pdu& inform);
};

bool TrapListener::Session::open() {
    netsnmp_session session;
    snmp_sess_init(&session);
    session.version = SNMP_DEFAULT_VERSION;
    session.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;  // of traps the sender is, of informs we are
    session.callback_magic = this;
    session.callback = [](int operation, netsnmp_session*, int, netsnmp_pdu* pdu, void* self) {
        if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && pdu != nullptr) static_cast<Session*>(self)->received(*pdu);
        return 1;
    };
    snmp = snmp_sess_add(&session, socket->makeTransport(), nullptr, [](netsnmp_session* parsed_by, netsnmp_pdu* pdu, int result) {
        static_cast<Session*>(parsed_by->callback_magic)->parsed(*pdu, result);
        return 1;
    });
    return snmp != nullptr;
}

Trap TrapListener::Session::arrivedTrap() const {
    Trap trap;
    trap.source = socket->arrival().source;
    trap.arrived_at = socket->arrival().at;
    // The kernel stamps with the wall clock; a clock that was just set must not make a trap come from the future or from long ago.
    const auto waited = std::clamp<std::chrono::nanoseconds>(listener.clock_.wall() - trap.arrived_at, std::chrono::nanoseconds(0),
                                                             std::chrono::seconds(60));
    trap.arrived_steady = listener.clock_.steady() - std::chrono::duration_cast<base::SteadyTime::duration>(waited);
    return trap;
}

void TrapListener::Session::parsed(const netsnmp_pdu& pdu, int result) {
    {
        const std::lock_guard lock(listener.mutex_);
        ++listener.counts_.datagrams;
    }
    if (result == SNMPERR_SUCCESS) return;  // received() follows
    // A sender of informs first asks for our engine id with an empty one (RFC 3414, 4); net-snmp answers with a report.
    if (pdu.version == SNMP_VERSION_3 && pdu.securityEngineIDLen == 0 &&
        (result == SNMPERR_USM_UNKNOWNENGINEID || result == SNMPERR_UNKNOWN_ENG_ID)) {
        const std::lock_guard lock(listener.mutex_);
        ++listener.counts_.discoveries;
        return;
    }
    Trap trap = arrivedTrap();
    trap.version = pdu.version == SNMP_VERSION_1 ? SnmpVersion::V1 : pdu.version == SNMP_VERSION_3 ? SnmpVersion::V3 : SnmpVersion::V2c;
    if (pdu.securityName != nullptr) trap.principal.assign(pdu.securityName, std::min<std::size_t>(pdu.securityNameLen, 32));
    refuse(std::move(trap), refusalOf(result));
}

/// Empty label: it may be believed.
Refusal TrapListener::Session::distrust(const netsnmp_pdu& pdu) const {
    if (pdu.version == SNMP_VERSION_3) {
        const std::string user(pdu.securityName == nullptr ? "" : pdu.securityName, pdu.securityName == nullptr ? 0 : pdu.securityNameLen);
        const int least = listener.engine_->leastLevelOf(user);
        if (least > SNMP_SEC_LEVEL_AUTHPRIV) return {"user", "refused: no such SNMP user is configured"};
        if (pdu.securityLevel < least) return {"level", "refused: less protected than this SNMP user must be (authentication, privacy)"};
        return {};
    }
    const std::string_view community(reinterpret_cast<const char*>(pdu.community), pdu.community == nullptr ? 0 : pdu.community_len);
    const auto& known = listener.settings_.communities;
    if (std::find(known.begin(), known.end(), community) != known.end()) return {};
    return {"community", "refused: community"};
}

void TrapListener::Session::received(netsnmp_pdu& pdu) {
    Trap trap = arrivedTrap();
    decode(pdu, trap);
    if (pdu.version == SNMP_VERSION_3 && pdu.securityName != nullptr) {
        trap.principal.assign(pdu.securityName, std::min<std::size_t>(pdu.securityNameLen, 32));
    }
    if (auto refusal = distrust(pdu); !refusal.label.empty()) return refuse(std::move(trap), std::move(refusal));
    if (!trap.refusal.empty()) {
        Refusal refusal{trap.refusal.starts_with("malformed") ? "malformed" : "type", trap.refusal};
        return refuse(std::move(trap), std::move(refusal));
    }
    const bool inform = trap.inform;
    if (!listener.queue_.push(std::move(trap))) return;
    {
        const std::lock_guard lock(listener.mutex_);
        ++listener.counts_.accepted;
    }
    if (inform) acknowledge(pdu);
}

void TrapListener::Session::refuse(Trap trap, Refusal refusal) {
    {
        const std::lock_guard lock(listener.mutex_);
        ++listener.counts_.refused[std::string(refusal.label)];
    }
    trap.refusal = std::move(refusal.sentence);
    listener.queue_.push(std::move(trap));
}

void TrapListener::Session::acknowledge(netsnmp_pdu& inform) {
    netsnmp_pdu* reply = snmp_clone_pdu(&inform);
    if (reply == nullptr) return;  // the sender repeats its inform
    reply->command = SNMP_MSG_RESPONSE;
    reply->errstat = 0;
    reply->errindex = 0;
    if (snmp_sess_send(snmp, reply) == 0) {
        snmp_free_pdu(reply);
        return;
    }
    const std::lock_guard lock(listener.mutex_);
    ++listener.counts_.acknowledged;
}

TrapListener::TrapListener(TrapListenerSettings settings, TrapQueue& queue, const base::Clock& clock, base::Log log)
    : settings_(std::move(settings)), queue_(queue), clock_(clock), log_(std::move(log)) {}

TrapListener::~TrapListener() { stop(); }

base::Result<void> TrapListener::start() {
    STANDIN_ASSERT(!thread_.joinable());
    auto engine = SnmpEngine::start(settings_.engine_state_file, settings_.users);
    if (!engine) return base::failure(engine.error());
    engine_ = std::move(engine).value();
    for (const auto& address : settings_.listen) {
        auto socket = TrapSocket::open(address, settings_.buffer_bytes);
        if (!socket) return base::failure(socket.error());
        sessions_.push_back(std::make_unique<Session>(*this, std::move(socket).value()));
        if (!sessions_.back()->open()) return base::failure(base::ErrorCode::Internal, "net-snmp could not open a session for traps");
        const auto& chosen = sessions_.back()->socket->address();
        log_.note("listening for traps on {}:{} engine={} boots={} buffer_bytes={}", chosen.host, chosen.port, engine_->id(), engine_->boots(),
                  sessions_.back()->socket->buffer().bytes);
    }
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    STANDIN_ASSERT(wake_ >= 0);
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
    return {};
}

void TrapListener::stop() {
    stopping_ = true;
    if (thread_.joinable()) {
        eventfd_write(wake_, 1);
        thread_.join();
        close(wake_);
    }
    sessions_.clear();
    engine_.reset();
}

void TrapListener::run() {
    std::vector<pollfd> waits{{wake_, POLLIN, 0}};
    for (const auto& session : sessions_) waits.push_back({session->socket->descriptor(), POLLIN, 0});
    while (!stopping_) {
        if (poll(waits.data(), waits.size(), -1) <= 0) continue;  // a signal
        for (std::size_t i = 1; i < waits.size(); ++i) {
            if (waits[i].revents != 0) readAll(*sessions_[i - 1]);
        }
    }
}

void TrapListener::readAll(Session& session) {
    constexpr int at_once = 256;  // then the other addresses have their turn
    netsnmp_large_fd_set ready;
    netsnmp_large_fd_set_init(&ready, session.socket->descriptor() + 1);
    for (int i = 0; i < at_once && !stopping_; ++i) {
        NETSNMP_LARGE_FD_ZERO(&ready);
        NETSNMP_LARGE_FD_SET(session.socket->descriptor(), &ready);
        snmp_sess_read2(session.snmp, &ready);
        if (session.socket->drained()) break;
    }
    netsnmp_large_fd_set_cleanup(&ready);
}

std::vector<ListenAddress> TrapListener::addresses() const {
    std::vector<ListenAddress> addresses;
    for (const auto& session : sessions_) addresses.push_back(session->socket->address());
    return addresses;
}

std::string TrapListener::engineId() const { return engine_ ? engine_->id() : std::string(); }

TrapListener::Counts TrapListener::counts() const {
    const std::lock_guard lock(mutex_);
    Counts counts = counts_;
    for (const auto& session : sessions_) {
        const auto buffer = session->socket->buffer();
        counts.kernel_drops += buffer.drops;
        counts.buffer_bytes += buffer.bytes;
    }
    return counts;
}

std::vector<protocol::HealthCheck> TrapListener::checks() const {
    constexpr std::chrono::minutes worth_telling{10};
    const auto now = counts();
    const std::lock_guard lock(mutex_);
    if (now.kernel_drops != drops_told_) {
        drops_told_ = now.kernel_drops;
        last_drop_ = clock_.steady();
    }
    const bool dropped = now.kernel_drops > 0 && clock_.steady() - last_drop_ < worth_telling;
    const auto wanted = std::uint64_t{settings_.buffer_bytes} * sessions_.size();
    const bool small = now.buffer_bytes < wanted;
    return {{"traps_received", !dropped && thread_.joinable(),
             fmt::format("{} datagrams received, {} dropped by the kernel", now.datagrams, now.kernel_drops),
             dropped ? "find out who floods the trap address (standinctl trap list) and stop it; a server's trap may have been among them" : ""},
            {"traps_buffer", !small, fmt::format("kernel buffer of {} MiB, {} MiB wanted", now.buffer_bytes >> 20, wanted >> 20),
             small ? fmt::format("give the coordinator CAP_NET_ADMIN or set net.core.rmem_max to {}", settings_.buffer_bytes / 2) : ""}};
}

}  // namespace standin::traps
