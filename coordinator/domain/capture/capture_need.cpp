#include "coordinator/domain/capture/capture_need.hpp"

namespace standin::domain {

CaptureNeed captureNeedOf(const Operation& operation) {
    switch (operation.state) {
        case State::StoppingServer: {
            const Step* stop = operation.find(StepName::StopServer, operation.server.text());
            return stop == nullptr || stop->state == StepState::Planned ? CaptureNeed::Turn : CaptureNeed::UnderWay;
        }
        case State::CapturingImage:
        case State::StartingServer:
        case State::RestartingServer:
            return CaptureNeed::UnderWay;
        default:
            return CaptureNeed::None;
    }
}

}  // namespace standin::domain
