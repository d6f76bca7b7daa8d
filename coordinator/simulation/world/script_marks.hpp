#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace standin::simulation {

/// Counts what happens, for those who wait for the n-th time of something; When says how things are named.
class ScriptMarks {
  public:
    /// `then` is called at the `nth` time from now on, while it happens. Precondition: nth > 0.
    void await(const std::string& what, unsigned nth, std::function<void()> then);
    void happened(std::string_view what);
    /// A command, which has two names: by its verb, and with its subject.
    void happened(std::string_view verb, std::string_view subject);

  private:
    struct Awaited {
        unsigned count = 0;
        std::vector<std::pair<unsigned, std::function<void()>>> then;
    };
    static void happened(Awaited& awaited);

    std::map<std::string, Awaited, std::less<>> awaited_;
};

}  // namespace standin::simulation
