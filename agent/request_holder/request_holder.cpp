#include "agent/request_holder/request_holder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <ostream>

#include "agent/base/text.hpp"
#include "agent/protocol/json_text.hpp"
#include "agent/request_holder/descriptor_budget.hpp"

namespace standin::request_holder {

using base::ErrorCode;
using base::failure;
using base::Result;
using http::Request;
using http::Response;

RequestHolder::RequestHolder(const RequestHolderSettings& settings, const std::string& agent_name,
                             const std::string& state_dir, http::Metrics& metrics, base::Log log)
    : log_(std::move(log)), counted_(settings.jobs.size()) {
    auto jobs = settings.jobs;
    fits_ = fitDescriptors(jobs, raiseDescriptorLimit(descriptorsNeeded(jobs)));
    for (const auto& job : jobs) {
        jobs_.push_back(std::make_unique<JobHolder>(job, agent_name, state_dir + "/hold-" + job.name.text(), log_));
    }
    metrics.onRender([this](http::Metrics& into) { refresh(into); });
}

RequestHolder::~RequestHolder() {
    stop();
}

Result<void> RequestHolder::start() {
    if (!fits_) return fits_;
    for (const auto& job : jobs_) {
        if (auto started = job->start(); !started) log_.error("{}", started.error().message);
    }
    return {};
}

void RequestHolder::stop() {
    for (const auto& job : jobs_) job->stop();
}

void RequestHolder::addRoutes(http::Router& router) {
    router.add("GET", "/v1/jobs", [this](const Request&) { return list(); });
    router.add("GET", "/v1/jobs/{job}", [this](const Request& request) -> Result<Response> {
        auto holder = job(request);
        if (!holder) return failure(holder.error());
        auto status = (*holder)->status();
        if (!status) return failure(status.error());
        return Response::json(toJson(status->hold));
    });
    router.add("PUT", "/v1/jobs/{job}", [this](const Request& request) { return change(request); });
    router.add("POST", "/v1/jobs/{job}/probes", http::Access::Probe,
               [this](const Request& request) { return probe(request); });
}

Result<JobHolder*> RequestHolder::job(const Request& request) {
    const auto& name = request.parameter("job");
    for (const auto& job : jobs_) {
        if (job->settings().name.text() == name) return job.get();
    }
    return failure(ErrorCode::NotFound, fmt::format("this request holder has no job '{}'", base::shortened(name, 80)));
}

Result<Response> RequestHolder::list() {
    auto answer = protocol::Json::array();
    for (const auto& job : jobs_) {
        auto status = job->status();
        if (!status) return failure(status.error());
        answer.push_back(toJson(status->hold));
    }
    return Response::json({{"jobs", std::move(answer)}});
}

Result<Response> RequestHolder::change(const Request& request) {
    auto holder = job(request);
    if (!holder) return failure(holder.error());
    auto body = request.json();
    if (!body) return failure(body.error());
    protocol::JsonFields fields(*body, "hold order");
    auto state = protocol::holdStateFrom(fields.text("state"));
    if (auto read = fields.finish(true); !read) return failure(read.error());
    if (!state) return failure(state.error());
    return http::answer((*holder)->change(*state));
}

Result<Response> RequestHolder::probe(const Request& request) {
    auto holder = job(request);
    if (!holder) return failure(holder.error());
    auto body = request.json();
    if (!body) return failure(body.error());
    auto order = protocol::probeRequestFrom(*body);
    if (!order) return failure(order.error());
    auto probing = (*holder)->probe(*order);
    if (!probing) return failure(probing.error());
    // As a stream, because a stream is stopped with the server: an agent's end does not wait for a probe's deadline.
    Response response;
    auto answer = std::make_shared<std::future<protocol::ProbeAnswer>>(std::move(*probing));
    response.stream = [answer](std::ostream& out, const std::atomic<bool>& stopping) {
        using namespace std::chrono_literals;
        while (answer->wait_for(200ms) != std::future_status::ready) {
            if (stopping) return;
        }
        out << protocol::jsonText(toJson(answer->get()));
    };
    return response;
}

void RequestHolder::checkHealth(protocol::Health& health) {
    for (const auto& job : jobs_) {
        for (auto& check : job->checks()) health.checks.push_back(std::move(check));
    }
}

void RequestHolder::refresh(http::Metrics& metrics) {
    const std::lock_guard lock(counted_mutex_);
    for (std::size_t index = 0; index < jobs_.size(); ++index) {
        auto status = jobs_[index]->status();
        if (!status) continue;
        const http::Labels labels{{"job", jobs_[index]->settings().name.text()}};
        const auto& hold = status->hold;
        metrics.set("standin_holder_held_connections", "Connections held", static_cast<double>(hold.held), labels);
        metrics.set("standin_holder_held_bytes", "Bytes of the connections held", static_cast<double>(hold.held_bytes),
                    labels);
        metrics.set("standin_holder_oldest_age_seconds", "Age of the connection held longest",
                    hold.oldest_age_ms / 1000, labels);
        metrics.set("standin_holder_proxied_connections", "Connections proxied to the job's machine",
                    static_cast<double>(hold.proxied), labels);
        metrics.set("standin_holder_listening", "1 while the holder takes new connections", hold.listening ? 1 : 0,
                    labels);
        metrics.set("standin_holder_last_arrival_number", "Sequence number of the last arrival",
                    static_cast<double>(status->last_arrival), labels);
        metrics.set("standin_holder_last_delivered_number", "Greatest sequence number that was delivered",
                    static_cast<double>(status->last_delivered), labels);
        metrics.set("standin_holder_release_window", "How many of what was held may be under way at once",
                    static_cast<double>(status->window), labels);
        auto& reported = counted_[index];
        const auto count = [&](const char* name, const char* explanation, std::uint64_t HolderTotals::*total) {
            metrics.count(name, explanation, labels, static_cast<double>(status->totals.*total - reported.*total));
            reported.*total = status->totals.*total;
        };
        count("standin_holder_accepted_total", "Connections taken on the front leg", &HolderTotals::accepted);
        count("standin_holder_delivered_total", "Connections handed on to the job's machine", &HolderTotals::delivered);
        count("standin_holder_refused_total", "Connections turned away by a limit", &HolderTotals::refused);
        count("standin_holder_over_age_total", "Held connections closed because nobody could process them in time",
              &HolderTotals::over_age);
        count("standin_holder_given_up_total", "Held connections reset by their clients", &HolderTotals::given_up);
        count("standin_holder_broken_total", "Connections handed on and lost before the first answer",
              &HolderTotals::broken);
        count("standin_holder_failed_attempts_total", "Failed attempts to connect to the job's machine",
              &HolderTotals::attempts_failed);
        count("standin_holder_http_answered_total", "Requests whose answers were passed on completely",
              &HolderTotals::http_answered);
        count("standin_holder_http_malformed_total", "Requests refused because of what they were",
              &HolderTotals::http_malformed);
        count("standin_holder_http_sent_again_total", "Safe requests that were sent to another machine as well",
              &HolderTotals::http_sent_again);
        count("standin_holder_to_job_bytes_total", "Bytes carried to the job by connections that have ended",
              &HolderTotals::bytes_to_job);
        count("standin_holder_to_client_bytes_total", "Bytes carried to clients by connections that have ended",
              &HolderTotals::bytes_to_client);
    }
}

}  // namespace standin::request_holder
