#include "tests/simulated/simulated_command.hpp"

namespace standin::simulated {

using base::ErrorCode;
using base::failure;
using base::Result;
using drivers::Deadline;
using protocol::CommandStamp;

namespace {

class SimulatedSwitchDriver final : public drivers::SwitchDriver {
  public:
    explicit SimulatedSwitchDriver(SimulatedWorld& world) : world_(world) {}

    Result<protocol::Segment> segment(const base::SegmentId& id, Deadline deadline) override {
        return carryOut<protocol::Segment>(
            world_, "segment.get", id.text(), nullptr, deadline, [&]() -> Result<protocol::Segment> {
                auto found = world_.segments.find(id.text());
                if (found == world_.segments.end())
                    return failure(ErrorCode::NotFound, "segment '" + id.text() + "' was never ordered");
                return found->second;
            });
    }
    Result<std::vector<protocol::Segment>> segmentsAt(const base::PortName& port, Deadline deadline) override {
        return carryOut<std::vector<protocol::Segment>>(world_, "segment.list", port.text(), nullptr, deadline,
                                                        [&]() -> Result<std::vector<protocol::Segment>> {
                                                            std::vector<protocol::Segment> its;
                                                            for (const auto& [id, segment] : world_.segments) {
                                                                for (const auto& member : segment.order.members) {
                                                                    if (member.port == port) its.push_back(segment);
                                                                }
                                                            }
                                                            return its;
                                                        });
    }
    Result<protocol::Segment> setSegment(const CommandStamp& stamp, const base::SegmentId& id,
                                         const protocol::SegmentOrder& order, Deadline deadline) override {
        return carryOut<protocol::Segment>(
            world_, "segment.set", id.text(), &stamp, deadline, [&]() -> Result<protocol::Segment> {
                auto& segment = world_.segments[id.text()];
                check(segment, id, order);
                if (segment.order.owner != order.owner || world_.owners[id.text()].empty()) {
                    world_.owners[id.text()].push_back(order.owner.empty() ? "nobody" : order.owner.text());
                }
                segment.id = id;
                segment.order = order;
                segment.verified = true;
                segment.transaction_ms = 0.5;
                segment.announce_ms = 0.7;
                return segment;
            });
    }

  private:
    /// Rules 1, 2 and 3, as far as a switch can see them.
    void check(const protocol::Segment& before, const base::SegmentId& id, const protocol::SegmentOrder& order) {
        const std::string owner = order.owner.text();
        if (!owner.empty() && order.member(order.owner) == nullptr)
            world_.breach("segment '" + id.text() + "': owner is no member");
        const std::string server = world_.server_of_segment[id.text()];
        const bool others = owner == "stand-in" || owner == "spare" || owner == "new-stand-in";
        if (others && before.order.owner.text() == "server" && world_.machines[server].on) {
            world_.breach("segment '" + id.text() + "' went to '" + owner + "' although server '" + server +
                          "' was not fenced");
        }
        if (owner == "server" && !before.id.empty() && before.order.owner.text() != "server" &&
            world_.repaired.count(server) == 0) {
            world_.breach("segment '" + id.text() + "' went back to a fenced server");
        }
        const auto& hold = world_.holds[id.text()];
        if (owner == "stand-in" && before.order.owner.text() == "holder" && hold.held > 0)
            world_.breach("new requests of segment '" + id.text() + "' can overtake those that are held");
        if (owner == "spare" && hold.held > 0 && !order.proxied) world_.breach("held requests were lost");
    }
    SimulatedWorld& world_;
};

}  // namespace

std::shared_ptr<drivers::SwitchDriver> simulatedSwitch(SimulatedWorld& world) {
    return std::make_shared<SimulatedSwitchDriver>(world);
}

}  // namespace standin::simulated
