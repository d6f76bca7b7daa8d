#pragma once

#include <string>

namespace standin::drivers {

/// Notifies the operator (S109, S131, S229, S249). Never blocks its caller and never fails; what cannot be delivered is
/// logged.
struct Notification {
    enum class Kind { NormalEnd, AbnormalEnd, NeedsOperator, Warning, Notice };
    Kind kind = Kind::Warning;
    std::string operation;  ///< its id, or empty
    std::string server;
    std::string message;  ///< one sentence, with the cure where there is one
};

class Notifier {
  public:
    virtual ~Notifier() = default;
    virtual void notify(const Notification& notification) = 0;
};

}  // namespace standin::drivers
