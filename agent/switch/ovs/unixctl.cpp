#include "agent/switch/ovs/unixctl.hpp"

#include <algorithm>
#include <sstream>

#include "agent/base/durable_file.hpp"
#include "agent/base/text.hpp"
#include "agent/protocol/json_fields.hpp"
#include "agent/protocol/json_text.hpp"
#include "agent/switch/ovs/unix_socket.hpp"

namespace standin::lan_switch {

using base::ErrorCode;
using base::failure;
using protocol::Json;

namespace {

constexpr std::size_t answer_limit_bytes = 8U << 20;  // a full table of 100,000 learned addresses is about 4 MB

base::Result<std::string> controlSocket(const std::string& run_directory) {
    const std::string pid_file = run_directory + "/ovs-vswitchd.pid";
    std::istringstream in(base::readWhole(pid_file, 64).value_or(""));
    long pid = 0;
    if (!(in >> pid) || pid <= 0)
        return failure(ErrorCode::Unreachable, "could not read '" + pid_file + "'; is ovs-vswitchd running?");
    return run_directory + "/ovs-vswitchd." + std::to_string(pid) + ".ctl";
}

base::Result<std::string> textOfAnswer(const std::string& message) {
    const Json answer = Json::parse(base::validText(message), nullptr, false);
    if (!answer.is_object()) return failure(ErrorCode::Corrupt, "ovs-vswitchd's control socket sent malformed JSON");
    if (answer.contains("error") && answer["error"].is_string())
        return failure(ErrorCode::Refused, "ovs-vswitchd: " + answer["error"].get<std::string>());
    if (!answer.contains("result") || !answer["result"].is_string())
        return failure(ErrorCode::Corrupt, "ovs-vswitchd's answer has no text");
    return answer["result"].get<std::string>();
}

}  // namespace

ControlCall::ControlCall(UnixSocket socket, std::string command)
    : socket_(std::move(socket)), command_(std::move(command)), framer_(answer_limit_bytes) {}

base::Result<ControlCall> ControlCall::begin(const std::string& run_directory, const std::string& command,
                                             const std::vector<std::string>& arguments) {
    const auto path = controlSocket(run_directory);
    if (!path) return failure(path.error());
    auto socket = UnixSocket::connect(*path);
    if (!socket) return failure(socket.error());
    auto sent = socket->send(protocol::jsonText(Json{{"method", command}, {"params", arguments}, {"id", 1}}));
    if (!sent) return failure(sent.error());
    return ControlCall(std::move(*socket), command);
}

base::Result<std::string> ControlCall::answer(std::chrono::milliseconds deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    for (;;) {
        std::string bytes;
        auto received = socket_.receive(bytes, until);
        if (!received) return failure(received.error().within("ovs-vswitchd did not answer '" + command_ + "'"));
        framer_.feed(bytes);
        if (const auto message = framer_.next()) return textOfAnswer(*message);
        if (framer_.broken()) {
            return failure(ErrorCode::Corrupt, "ovs-vswitchd's answer to '" + command_ + "' is too long or no JSON");
        }
    }
}

base::Result<std::string> askVswitchd(const std::string& run_directory, const std::string& command,
                                      const std::vector<std::string>& arguments, std::chrono::milliseconds deadline) {
    auto call = ControlCall::begin(run_directory, command, arguments);
    if (!call) return failure(call.error());
    return call->answer(deadline);
}

bool remembersElsewhere(const std::string& fdb, int vlan, const std::vector<std::string>& macs,
                        const std::string& of_port) {
    std::istringstream lines(fdb);
    std::string line;
    std::getline(lines, line);  // the heading: port VLAN MAC Age
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        std::string port;
        int line_vlan = 0;
        std::string mac;
        if (!(words >> port >> line_vlan >> mac) || line_vlan != vlan || port == of_port) continue;
        if (std::find(macs.begin(), macs.end(), mac) != macs.end()) return true;
    }
    return false;
}

}  // namespace standin::lan_switch
