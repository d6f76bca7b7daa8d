#include "coordinator/drivers/agent_holder_driver.hpp"

#include "coordinator/drivers/agent_answer.hpp"

namespace standin::drivers {

using protocol::Hold;

namespace {

std::string pathOf(const base::JobName& job) {
    return "/v1/jobs/" + job.text();
}
std::string phraseOf(const base::JobName& job) {
    return "job '" + job.text() + "'";
}

}  // namespace

AgentHolderDriver::AgentHolderDriver(std::shared_ptr<protocol::AgentClient> client) : client_(std::move(client)) {}

base::Result<Hold> AgentHolderDriver::hold(const base::JobName& job, Deadline deadline) {
    return messageIn(*client_, phraseOf(job), client_->get(pathOf(job), deadline), protocol::holdFrom);
}

base::Result<Hold> AgentHolderDriver::setHold(const protocol::CommandStamp& stamp, const base::JobName& job,
                                              protocol::HoldState state, Deadline deadline) {
    return messageIn(*client_, phraseOf(job), client_->put(pathOf(job), {{"state", nameOf(state)}}, stamp, deadline),
                     protocol::holdFrom);
}

base::Result<protocol::ProbeAnswer> AgentHolderDriver::probe(const base::JobName& job,
                                                             const protocol::ProbeRequest& request, Deadline deadline) {
    // A probe changes nothing: it needs no epoch, and asking twice is no harm.
    auto answer = client_->post(pathOf(job) + "/probes", toJson(request), {0, "probe"}, deadline);
    return messageIn(*client_, "a probe of " + phraseOf(job), answer, protocol::probeAnswerFrom);
}

}  // namespace standin::drivers
