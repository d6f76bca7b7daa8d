#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/domain/server.hpp"
#include "coordinator/simulation/virtual_time.hpp"

namespace standin::simulation {

class LanSwitch;
class RequestHolder;
class World;

/// A request that a client sends, and what became of it.
struct JobRequest {
    enum class Fate {
        Sent,     ///< nobody has taken it yet; its client tries again
        Working,  ///< a machine works on it
        Held,     ///< the request holder has taken it
        Answered,
        Broken,  ///< its connection ended visibly: the client knows
        GivenUp  ///< its client waited long enough for somebody to take it
    };
    std::string job;
    unsigned number = 0;  ///< ascending from 1 for each job
    VirtualTime sent{};
    Fate fate = Fate::Sent;
    bool by_holder = false;  ///< the holder had accepted it
    unsigned executions = 0;
    std::string executed_by;  ///< `server01`, `server01-1`, `spare01`
};
using JobRequestPtr = std::shared_ptr<JobRequest>;

/// The clients of all jobs: they send numbered requests to the owner of the job's segment, and keep a ledger of who
/// executed which.
class Clients {
  public:
    explicit Clients(World& world) : world_(world) {}

    /// They send from now on.
    void begin(const std::string& job);
    /// They send nothing new any more.
    void end() { sending_ = false; }

    /// Brings a request to a machine or stand-in that answers now. `done` gets the result: true is answered.
    void work(const JobRequestPtr& request, const std::string& executor, std::function<void(bool)> done);
    [[nodiscard]] const std::vector<JobRequestPtr>& ledger(const std::string& job) { return jobs_[job].ledger; }
    [[nodiscard]] unsigned count(const std::string& job, JobRequest::Fate fate);

  private:
    /// A job, and those on its requests' way.
    struct Job {
        std::string name;
        const domain::Server* server = nullptr;
        LanSwitch* lan_switch = nullptr;
        RequestHolder* holder = nullptr;  ///< null: there is none
        std::vector<JobRequestPtr> ledger;
    };
    void sendNext(Job& job);
    void attempt(Job& job, const JobRequestPtr& request);
    void endWork(const JobRequestPtr& request, const std::string& executor, unsigned cycle,
                 const std::function<void(bool)>& done);
    [[nodiscard]] bool isReached(const std::string& job, const std::string& executor);
    void answered(const JobRequestPtr& request, const std::string& executor);

    World& world_;
    bool sending_ = true;
    std::map<std::string, Job> jobs_;
};

}  // namespace standin::simulation
