#include "agent/http/command_gate.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <any>
#include <cctype>
#include <chrono>
#include <optional>

#include "agent/base/durable_file.hpp"
#include "agent/base/number.hpp"
#include "agent/base/text.hpp"

namespace standin::http {

using base::ErrorCode;
using base::failure;
using protocol::CommandAdmission;

namespace {

// An earlier command for the same subject that takes longer hangs; then the caller has to know.
constexpr std::chrono::seconds longest_turn{30};

base::Result<std::uint64_t> parseNumber(const std::string& text, const char* what) {
    if (const auto number = base::parseNumber<std::uint64_t>(text)) return *number;
    return failure(ErrorCode::InvalidInput, fmt::format("'{}' is not {}", base::shortened(text, 40), what));
}

base::Result<std::uint64_t> parseEpoch(const std::string& text) {
    auto epoch = parseNumber(text, "an epoch");
    if (!epoch || *epoch <= protocol::largest_epoch) return epoch;
    return failure(ErrorCode::InvalidInput, fmt::format("epoch {} is greater than {}, and than that of any coordinator",
                                                        *epoch, protocol::largest_epoch));
}

std::string headerOf(const Request& request, std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string() : found->second;
}

// Absent is empty.
bool isInstance(const std::string& text) {
    return text.size() <= protocol::longest_instance && std::all_of(text.begin(), text.end(), [](unsigned char c) {
               return c < 128 && (std::isalnum(c) != 0 || c == '-');
           });
}

// `57 3f2a9c…`; the instance is absent where none is known.
std::string textOf(const protocol::Leader& leader) {
    return leader.instance.empty() ? fmt::format("{}\n", leader.epoch)
                                   : fmt::format("{} {}\n", leader.epoch, leader.instance);
}

base::Result<protocol::Leader> leaderIn(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const auto space = text.find(' ');
    auto epoch = parseEpoch(text.substr(0, space));
    if (!epoch) return failure(epoch.error());
    protocol::Leader leader{*epoch, space == std::string::npos ? std::string() : text.substr(space + 1)};
    if (space != std::string::npos && (leader.instance.empty() || !isInstance(leader.instance)))
        return failure(ErrorCode::InvalidInput,
                       fmt::format("'{}' names no instance", base::shortened(leader.instance, 40)));
    return leader;
}

}  // namespace

base::Result<std::unique_ptr<CommandGate>> CommandGate::open(std::string epoch_file) {
    protocol::Leader leader;
    auto text = base::readWhole(epoch_file, 128);
    if (text) {
        auto read = leaderIn(*text);
        // A lost epoch would let a deposed coordinator in again; the operator must look.
        if (!read)
            return failure(ErrorCode::Corrupt,
                           fmt::format("epoch file '{}' is damaged: {}", epoch_file, read.error().message));
        leader = std::move(*read);
        // A file of an earlier release has no space reserved yet for a full disk.
        if (::access((epoch_file + ".spare").c_str(), F_OK) != 0)
            static_cast<void>(base::writeKeepingRoom(epoch_file, textOf(leader)));
    } else if (text.error().code != ErrorCode::NotFound) {
        return failure(text.error());
    }
    return std::unique_ptr<CommandGate>(new CommandGate(std::move(epoch_file), std::move(leader)));
}

CommandGate::CommandGate(std::string epoch_file, protocol::Leader leader)
    : epoch_file_(std::move(epoch_file)), admission_(std::move(leader)) {}

std::uint64_t CommandGate::highestEpoch() const {
    std::lock_guard lock(mutex_);
    return admission_.leader().epoch;
}

base::Result<void> CommandGate::raiseEpoch(const protocol::CommandStamp& stamp) {
    if (auto leads = admission_.checkLeader(stamp); !leads) return leads;
    const auto leader = protocol::leaderBy(stamp);
    if (leader == admission_.leader()) return {};
    auto written = base::writeKeepingRoom(epoch_file_, textOf(leader));
    if (!written) return failure(written.error().within("could not remember the coordinator's epoch"));
    admission_.obey(stamp);
    return {};
}

base::Result<void> CommandGate::admit(Request& request) {
    auto operation = headerOf(request, protocol::operation_header);
    if (operation.empty() || operation.size() > 128) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("a command needs the header {} of 1 to 128 characters", protocol::operation_header));
    }
    auto number = [&request](const char* header) -> base::Result<std::uint64_t> {
        auto read = parseNumber(headerOf(request, header), "a number");
        if (!read) return failure(read.error().within(fmt::format("a command needs the header {}", header)));
        return read;
    };
    auto epoch = number(protocol::epoch_header);
    if (epoch) epoch = parseEpoch(std::to_string(*epoch));
    if (!epoch) return failure(epoch.error());
    // A client that commands one thing at a time, by hand, needs no sequence; its command counts as the oldest.
    auto sequence = headerOf(request, protocol::sequence_header).empty() ? 0 : number(protocol::sequence_header);
    if (!sequence) return failure(sequence.error());
    auto instance = headerOf(request, protocol::instance_header);
    if (!isInstance(instance)) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("the header {} has to be of 1 to {} letters, digits and '-'",
                                   protocol::instance_header, protocol::longest_instance));
    }
    request.stamp = protocol::CommandStamp{*epoch, operation, *sequence, std::move(instance)};
    return raiseEpoch(*request.stamp);
}

base::Result<std::shared_ptr<CommandAdmission::Admitted>> CommandGate::enter(const Request& request, Lock& lock) {
    std::optional<std::chrono::steady_clock::time_point> until;
    for (;;) {
        auto decision = admission_.decide(*request.stamp, request.subject, request.method + ' ' + request.path);
        if (decision.refusal) return failure(*decision.refusal);
        const auto& command = decision.command;
        const auto ended = [&command] { return command->done; };
        const auto overtaken = [&] { return admission_.newerThan(*request.stamp, request.subject).has_value(); };
        switch (decision.verdict) {
            case CommandAdmission::Verdict::UnderWay:
                ended_.wait(lock, ended);
                if (command->answer.has_value()) return command;
                break;
            case CommandAdmission::Verdict::Waits:
                // The answer to a command that hangs is not waited for without end.
                if (!until) until = std::chrono::steady_clock::now() + longest_turn;
                if (!ended_.wait_until(lock, *until, [&] { return ended() || overtaken(); })) {
                    return failure(
                        ErrorCode::Conflict,
                        fmt::format("an earlier command for '{}' is still being carried out", request.subject));
                }
                break;
            default:
                return command;
        }
    }
}

/// An admitted command until it has ended, however it ends: then those that wait for it continue. Made and destroyed
/// with the lock held.
class CommandGate::Turn {
  public:
    Turn(CommandGate& gate, Lock& lock, std::shared_ptr<CommandAdmission::Admitted> command)
        : gate_(gate), lock_(lock), command_(std::move(command)) {}
    ~Turn() {
        if (!lock_.owns_lock()) lock_.lock();
        CommandAdmission::end(*command_, std::move(answer_));
        gate_.ended_.notify_all();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    base::Result<Response> handle(const Request& request, const Handler& handler) {
        lock_.unlock();
        auto result = handler(request);
        lock_.lock();
        // Only commands that were done are answered again; refused or failed ones may be tried again.
        if (result && !result->stream) answer_ = *result;
        return result;
    }

  private:
    CommandGate& gate_;
    Lock& lock_;
    const std::shared_ptr<CommandAdmission::Admitted> command_;
    std::any answer_;
};

base::Result<Response> CommandGate::pass(Request& request, const Handler& handler) {
    Lock lock(mutex_);
    auto admitted = admit(request);
    if (!admitted) return failure(admitted.error());
    auto command = enter(request, lock);
    if (!command) return failure(command.error());
    if ((*command)->answer.has_value()) return std::any_cast<Response>((*command)->answer);
    Turn turn(*this, lock, std::move(*command));
    return turn.handle(request, handler);
}

void CommandGate::addRoutes(Router& router) {
    router.add("GET", "/v1/epoch", [this](const Request&) -> base::Result<Response> {
        return Response::json({{"epoch", highestEpoch()}});
    });
    router.add("PUT", "/v1/epoch", [](const Request& request) -> base::Result<Response> {
        return Response::json({{"epoch", request.stamp->epoch}});
    });
}

}  // namespace standin::http
