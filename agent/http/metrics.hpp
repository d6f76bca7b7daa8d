#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace standin::http {

using Labels = std::map<std::string, std::string>;

/// The program's metrics in Prometheus' text format. Names begin with `standin_`; durations are histograms in seconds.
/// Asking for the same name and labels again gives the same metric. Safe to call from any thread.
class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    void count(const std::string& name, const std::string& explanation, const Labels& labels = {}, double amount = 1);
    void set(const std::string& name, const std::string& explanation, double value, const Labels& labels = {});
    void observeSeconds(const std::string& name, const std::string& explanation, double seconds,
                        const Labels& labels = {});

    /// `refresh` is called before each rendering, to set gauges that are computed on demand.
    void onRender(std::function<void(Metrics&)> refresh);
    [[nodiscard]] std::string render();

  private:
    struct Store;
    std::unique_ptr<Store> store_;
};

}  // namespace standin::http
