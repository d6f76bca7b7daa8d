#include "coordinator/traps/trap_listener.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "agent/base/boundary.hpp"
#include "coordinator/traps/net_snmp.hpp"
#include "coordinator/traps/trap_decoding.hpp"
#include "coordinator/traps/user_trust.hpp"

namespace standin::traps {

/// One socket with net-snmp's session on it. Only the listener's thread is in here, so nothing needs a lock but the
/// counts.
struct TrapListener::Session {
    TrapListener& listener;
    std::unique_ptr<TrapSocket> socket;
    void* snmp = nullptr;

    Session(TrapListener& owner, std::unique_ptr<TrapSocket> opened) : listener(owner), socket(std::move(opened)) {}
    ~Session() {
        for (const auto& [number, reply] : unanswered) snmp_free_pdu(reply);
        if (snmp != nullptr) snmp_sess_close(snmp);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    bool open();
    [[nodiscard]] Trap arrivedTrap() const;
    void parsed(const netsnmp_pdu& pdu, int result);
    void received(netsnmp_pdu& pdu);
    /// No exception may pass through the library's frames.
    void receivedContained(netsnmp_pdu& pdu) {
        tell(base::contained([&] { received(pdu); }));
    }
    void tell(const base::Result<void>& done) const;
    [[nodiscard]] Refusal distrust(const netsnmp_pdu& pdu, Trap& trap) const;
    [[nodiscard]] Refusal distrustOfCommunity(const netsnmp_pdu& pdu, Trap& trap) const;
    [[nodiscard]] Refusal distrustOfMessage(Trap& trap) const;
    void refuse(Trap trap, Refusal refusal);
    std::function<void()> acknowledgement(netsnmp_pdu& inform);
    void acknowledge(std::uint64_t number);

    /// Answers to informs that are not durable yet, the oldest first. A sender whose answer does not come asks again.
    static constexpr std::size_t most_unanswered = 4096;
    std::map<std::uint64_t, netsnmp_pdu*> unanswered;
};

/// Which informs may be answered: told by any thread, done by the listener's. Outlives it, for whoever holds a trap.
struct TrapListener::Durable {
    std::mutex mutex;
    std::vector<std::uint64_t> informs;
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    Durable() { STANDIN_ASSERT(wake >= 0); }
    ~Durable() { close(wake); }
    Durable(const Durable&) = delete;
    Durable& operator=(const Durable&) = delete;

    void tell(std::uint64_t number) {
        {
            const std::lock_guard lock(mutex);
            informs.push_back(number);
        }
        eventfd_write(wake, 1);
    }
    std::vector<std::uint64_t> take() {
        eventfd_t times = 0;
        eventfd_read(wake, &times);
        const std::lock_guard lock(mutex);
        return std::exchange(informs, {});
    }
};

bool TrapListener::Session::open() {
    netsnmp_session session;
    snmp_sess_init(&session);
    session.version = SNMP_DEFAULT_VERSION;
    session.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;  // of traps the sender is, of informs we are
    session.callback_magic = this;
    session.callback = [](int operation, netsnmp_session*, int, netsnmp_pdu* pdu, void* self) {
        if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && pdu != nullptr)
            static_cast<Session*>(self)->receivedContained(*pdu);
        return 1;
    };
    snmp = snmp_sess_add(&session, socket->makeTransport(), nullptr,
                         [](netsnmp_session* parsed_by, netsnmp_pdu* pdu, int result) {
                             auto& self = *static_cast<Session*>(parsed_by->callback_magic);
                             self.tell(base::contained([&] { self.parsed(*pdu, result); }));
                             return 1;
                         });
    return snmp != nullptr;
}

Trap TrapListener::Session::arrivedTrap() const {
    Trap trap;
    trap.source = socket->arrival().source;
    trap.arrived_at = socket->arrival().at;
    // The kernel stamps with the wall clock; a clock that was just set must not make a trap come from the future or
    // from long ago.
    const auto waited = std::clamp<std::chrono::nanoseconds>(listener.clock_.wall() - trap.arrived_at,
                                                             std::chrono::nanoseconds(0), std::chrono::seconds(60));
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
    trap.version = pdu.version == SNMP_VERSION_1   ? SnmpVersion::V1
                   : pdu.version == SNMP_VERSION_3 ? SnmpVersion::V3
                                                   : SnmpVersion::V2c;
    trap.principal = principalOf(pdu);
    trap.engine_id = engineOf(pdu);
    refuse(std::move(trap), refusalOf(pdu, result, *listener.engine_));
}

Refusal TrapListener::Session::distrust(const netsnmp_pdu& pdu, Trap& trap) const {
    if (pdu.version != SNMP_VERSION_3) return distrustOfCommunity(pdu, trap);
    if (auto refusal = distrustOfUser(pdu, *listener.engine_)) return refusal;
    return distrustOfMessage(trap);
}

Refusal TrapListener::Session::distrustOfCommunity(const netsnmp_pdu& pdu, Trap& trap) const {
    if (!listener.settings_.allow_unauthenticated) {
        return {RefusalKind::Unauthenticated,
                fmt::format("refused: SNMP {}, which nobody authenticates, is not allowed here", nameOf(trap.version))};
    }
    const std::string_view given(reinterpret_cast<const char*>(pdu.community),
                                 pdu.community == nullptr ? 0 : pdu.community_len);
    const auto& known = listener.settings_.communities;
    const auto found = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.secret == given; });
    const std::string name = found == known.end() ? std::string() : found->name;
    const bool configured = listener.servers_.byAddress(trap.source) || listener.servers_.isForwarder(trap.source);
    const std::string sender = configured ? trap.source : std::string();
    if (!listener.guesses_.mayBeLookedAt(sender, name, listener.clock_.steady())) {
        return {RefusalKind::Guessing, fmt::format("refused: not looked at, because {} communities have been tried",
                                                   configured ? "from this address too many wrong" : "too many wrong")};
    }
    listener.guesses_.looked(sender, name);
    if (name.empty()) return {RefusalKind::Community, "refused: community"};
    trap.community = name;
    return {};
}

/// Precondition: the message is authentic. A copy that somebody else sends is refused, and does not use up the
/// original.
Refusal TrapListener::Session::distrustOfMessage(Trap& trap) const {
    const auto sender = listener.servers_.byAddress(trap.source);
    if (sender) {
        if (auto objection = listener.servers_.objection(trap, *sender))
            return {RefusalKind::Binding, "refused: " + *objection};
    }
    auto stamp = stampOf(socket->arrival().datagram);
    if (!stamp) return {RefusalKind::Malformed, "malformed: its head cannot be read"};
    if (trap.inform) stamp->engine += "@" + trap.principal;
    trap.messages = {stamp->text()};
    return listener.seen_.take(*stamp, sender || listener.servers_.isForwarder(trap.source));
}

void TrapListener::Session::received(netsnmp_pdu& pdu) {
    Trap trap = arrivedTrap();
    decode(pdu, trap);
    if (pdu.version == SNMP_VERSION_3) {
        trap.principal = principalOf(pdu);
        trap.engine_id = engineOf(pdu);
    }
    // What is no trap must not use up anybody's budget or message.
    if (!trap.refusal.empty()) {
        Refusal refusal{trap.refusal.starts_with("malformed") ? RefusalKind::Malformed : RefusalKind::Type,
                        trap.refusal};
        return refuse(std::move(trap), std::move(refusal));
    }
    if (auto refusal = distrust(pdu, trap)) return refuse(std::move(trap), std::move(refusal));
    if (trap.inform) trap.acknowledge.push_back(acknowledgement(pdu));
    if (!listener.queue_.push(std::move(trap))) return;
    const std::lock_guard lock(listener.mutex_);
    ++listener.counts_.accepted;
}

void TrapListener::Session::tell(const base::Result<void>& done) const {
    if (!done)
        listener.log_.error("a datagram from {} was given up: {}", socket->arrival().source, done.error().message);
}

void TrapListener::Session::refuse(Trap trap, Refusal refusal) {
    {
        const std::lock_guard lock(listener.mutex_);
        ++listener.counts_.refused[std::string(nameOf(refusal.kind))];
    }
    trap.refusal = std::move(refusal.sentence);
    trap.refusal_kind = refusal.kind;
    listener.queue_.push(std::move(trap));
}

/// Prepares the answer to an inform; what is returned has it sent.
std::function<void()> TrapListener::Session::acknowledgement(netsnmp_pdu& inform) {
    netsnmp_pdu* reply = snmp_clone_pdu(&inform);
    if (reply == nullptr) throw std::bad_alloc();  // the sender repeats its inform
    reply->command = SNMP_MSG_RESPONSE;
    reply->errstat = 0;
    reply->errindex = 0;
    if (unanswered.size() >= most_unanswered) {
        snmp_free_pdu(unanswered.begin()->second);
        unanswered.erase(unanswered.begin());
    }
    const auto number = ++listener.informs_;
    unanswered.emplace(number, reply);
    return [durable = listener.durable_, number] { durable->tell(number); };
}

void TrapListener::Session::acknowledge(std::uint64_t number) {
    const auto found = unanswered.find(number);
    if (found == unanswered.end()) return;
    netsnmp_pdu* reply = found->second;
    unanswered.erase(found);
    if (snmp_sess_send(snmp, reply) == 0) {
        snmp_free_pdu(reply);
        return;
    }
    const std::lock_guard lock(listener.mutex_);
    ++listener.counts_.acknowledged;
}

TrapListener::TrapListener(TrapListenerSettings settings, const ServerDirectory& servers, SeenMessages& seen,
                           TrapQueue& queue, const base::Clock& clock, base::Log log)
    : settings_(std::move(settings)),
      servers_(servers),
      seen_(seen),
      queue_(queue),
      clock_(clock),
      log_(std::move(log)),
      durable_(std::make_shared<Durable>()) {}

TrapListener::~TrapListener() {
    stop();
}

base::Result<void> TrapListener::start() {
    STANDIN_ASSERT(!worker_.runs());
    auto engine = SnmpEngine::start(settings_.engine_state_file, settings_.users);
    if (!engine) return base::failure(engine.error());
    engine_ = std::move(engine).value();
    for (const auto& address : settings_.listen) {
        auto socket = TrapSocket::open(address, settings_.buffer_bytes);
        if (!socket) return base::failure(socket.error());
        sessions_.push_back(std::make_unique<Session>(*this, std::move(socket).value()));
        if (!sessions_.back()->open())
            return base::failure(base::ErrorCode::Internal, "net-snmp could not open a session for traps");
        const auto& chosen = sessions_.back()->socket->address();
        log_.note("listening for traps on {}:{} engine={} boots={} buffer_bytes={}", chosen.host, chosen.port,
                  engine_->id(), engine_->boots(), sessions_.back()->socket->buffer().bytes);
    }
    worker_.start("trap listener", [this](const auto& stop) { run(stop); });
    return {};
}

void TrapListener::stop() {
    worker_.requestStop();
    eventfd_write(durable_->wake, 1);
    worker_.stop();
    sessions_.clear();
    engine_.reset();
}

void TrapListener::run(const std::stop_token& stop) {
    std::vector<pollfd> waits{{durable_->wake, POLLIN, 0}};
    for (const auto& session : sessions_) waits.push_back({session->socket->descriptor(), POLLIN, 0});
    while (!stop.stop_requested()) {
        if (poll(waits.data(), waits.size(), -1) <= 0) continue;  // a signal
        for (const auto number : durable_->take()) {
            for (const auto& session : sessions_) session->acknowledge(number);  // it is one's
        }
        for (std::size_t i = 1; i < waits.size(); ++i) {
            if (waits[i].revents != 0) readAll(*sessions_[i - 1]);
        }
    }
}

void TrapListener::readAll(Session& session) {
    constexpr int at_once = 256;  // then the other addresses have their turn
    netsnmp_large_fd_set ready;
    netsnmp_large_fd_set_init(&ready, session.socket->descriptor() + 1);
    for (int i = 0; i < at_once && !worker_.isStopping(); ++i) {
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

std::string TrapListener::engineId() const {
    return engine_ ? engine_->id() : std::string();
}

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
    return {{"traps_received", !dropped && worker_.runs(),
             fmt::format("{} datagrams received, {} dropped by the kernel", now.datagrams, now.kernel_drops),
             dropped ? "find out who floods the trap address (standinctl trap list) and stop it; a server's trap may "
                       "have been among them"
                     : ""},
            {"traps_buffer", !small,
             fmt::format("kernel buffer of {} MiB, {} MiB wanted", now.buffer_bytes >> 20, wanted >> 20),
             small ? fmt::format("give the coordinator CAP_NET_ADMIN or set net.core.rmem_max to {}",
                                 settings_.buffer_bytes / 2)
                   : ""}};
}

}  // namespace standin::traps
