#include "agent/http/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace standin::http {

namespace {

// From a switch transaction (0.5 ms) to a restore (an hour); four steps a decade in the range that is the product.
const prometheus::Histogram::BucketBoundaries seconds_buckets{
    0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1,  0.2, 0.3,
    0.5,    1,     2.5,   5,     10,    30,     60,   120,  300,  600,  1200,  1800, 3600};

}  // namespace

struct Metrics::Store {
    std::mutex mutex;
    prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
    std::vector<std::function<void(Metrics&)>> refreshers;
};

Metrics::Metrics() : store_(std::make_unique<Store>()) {}
Metrics::~Metrics() = default;

void Metrics::count(const std::string& name, const std::string& explanation, const Labels& labels, double amount) {
    prometheus::BuildCounter().Name(name).Help(explanation).Register(store_->registry).Add(labels).Increment(amount);
}

void Metrics::set(const std::string& name, const std::string& explanation, double value, const Labels& labels) {
    prometheus::BuildGauge().Name(name).Help(explanation).Register(store_->registry).Add(labels).Set(value);
}

void Metrics::observeSeconds(const std::string& name, const std::string& explanation, double seconds,
                             const Labels& labels) {
    prometheus::BuildHistogram()
        .Name(name)
        .Help(explanation)
        .Register(store_->registry)
        .Add(labels, seconds_buckets)
        .Observe(seconds);
}

void Metrics::onRender(std::function<void(Metrics&)> refresh) {
    std::lock_guard lock(store_->mutex);
    store_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::render() {
    std::vector<std::function<void(Metrics&)>> refreshers;
    {
        std::lock_guard lock(store_->mutex);
        refreshers = store_->refreshers;
    }
    for (const auto& refresh : refreshers) refresh(*this);
    return prometheus::TextSerializer().Serialize(store_->registry.Collect());
}

}  // namespace standin::http
