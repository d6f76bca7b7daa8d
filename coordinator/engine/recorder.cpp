#include "coordinator/engine/recorder.hpp"

namespace standin::engine {

using domain::Operation;
using domain::RecordLine;
using domain::ReportTaken;
using domain::StepReport;
using domain::WholeOperation;

namespace {

/// The later one makes the earlier one worthless: a poll overwrites what the last one said; an attempt that failed as
/// the one before adds its number only.
bool isAlike(const ReportTaken& earlier, const ReportTaken& later) {
    const auto& a = earlier.report;
    const auto& b = later.report;
    if (earlier.step != later.step || a.kind != b.kind || a.found != b.found) return false;
    if (a.kind == StepReport::Kind::Pending) return true;
    return a.kind == StepReport::Kind::Failed && a.error.code == b.error.code && a.message == b.message;
}

}  // namespace

void Recorder::recovered(domain::OperationId id, std::uint32_t next_line, base::WallTime at) {
    auto& course = courses_[id];
    course.next = next_line;
    course.whole_due = WholeOperation::Because::Recovered;
    course.whole_at = at;
}

void Recorder::write(domain::OperationId id, Course& course, RecordLine line) {
    auto& page = pages_[id];
    while (!page.lines.empty() && page.lines.back().number >= line.number) page.lines.pop_back();
    page.replaces = page.replaces || (page.lines.empty() && line.number < course.next);
    course.next = line.number + 1;
    page.lines.push_back(std::move(line));
}

void Recorder::append(domain::OperationId id, Course& course, decltype(RecordLine::what) what, base::WallTime at) {
    write(id, course, {course.next, at, std::move(what)});
}

void Recorder::settle(domain::OperationId id, Course& course) {
    if (!course.held) return;
    auto line = *std::exchange(course.held, std::nullopt);
    write(id, course, std::move(line));
}

void Recorder::settle(domain::OperationId id) {
    if (auto found = courses_.find(id); found != courses_.end()) settle(id, found->second);
}

bool Recorder::wantsWhole(domain::OperationId id) const {
    if (!keeps_) return false;
    const auto found = courses_.find(id);
    return found == courses_.end() || isWholeDue(found->second);
}

/// Makes sure that there is a whole operation to go on from.
Recorder::Course& Recorder::begin(const Operation& operation, base::WallTime at) {
    Course& course = courses_[operation.id];
    if (!isWholeDue(course)) return course;
    settle(operation.id, course);
    const auto because = std::exchange(course.whole_due, std::nullopt).value_or(WholeOperation::Because::Continued);
    if (because == WholeOperation::Because::Recovered) at = course.whole_at;
    course.whole = course.next;
    course.circumstances.reset();
    course.tail.reset();
    append(operation.id, course,
           WholeOperation{because, operation, inventory_.servers.at(operation.server), inventory_.capture_way,
                          STANDIN_VERSION},
           at);
    return course;
}

void Recorder::report(const Operation& operation, ReportTaken taken, base::WallTime at) {
    if (!keeps_) return;
    const auto id = operation.id;
    Course* course = &courses_[id];
    if (course->tail && course->tail->asked_again && isAlike(course->tail->taken, taken)) {
        const auto& earlier = course->tail->taken;
        taken.alike = earlier.alike + 1;
        taken.first_ended = earlier.alike > 0 ? earlier.first_ended : earlier.ended;
        course->held.reset();
        course->tail->taken = taken;
        course->tail->asked_again = false;
        write(id, *course, {course->tail->number, at, std::move(taken)});
        return;
    }
    course = &begin(operation, at);
    settle(id, *course);
    course->tail = Tail{course->next, taken, false};
    append(id, *course, std::move(taken), at);
}

void Recorder::event(const Operation& operation, domain::EventAccepted accepted, base::WallTime at) {
    if (!keeps_) return;
    Course& course = begin(operation, at);
    settle(operation.id, course);
    course.tail.reset();
    append(operation.id, course, std::move(accepted), at);
}

void Recorder::confirmed(const Operation& operation, const std::string& asked_by, base::WallTime at) {
    if (!keeps_) return;
    Course& course = begin(operation, at);
    settle(operation.id, course);
    course.tail.reset();
    append(operation.id, course, domain::FenceConfirmed{asked_by}, at);
}

void Recorder::setAside(const Operation& operation, domain::SetAside set_aside, base::WallTime at) {
    if (!keeps_) return;
    Course& course = begin(operation, at);
    settle(operation.id, course);
    course.tail.reset();
    append(operation.id, course, std::move(set_aside), at);
}

void Recorder::decided(const Operation& operation, const domain::Observation& observation,
                       const domain::Verdict& verdict, base::WallTime at) {
    if (!keeps_) return;
    domain::Decided line{{}, verdict.changes, domain::startsOf(verdict)};
    if (line.changes.empty() && line.starts.empty()) return;
    Course* course = &courses_[operation.id];
    auto circumstances = domain::circumstancesOf(observation);
    const bool same = course->circumstances == circumstances;
    if (course->tail && !course->tail->asked_again && same && line.changes.empty() && line.starts.size() == 1 &&
        line.starts.front().id == course->tail->taken.step) {
        course->tail->asked_again = true;
        if (line.starts.front().poll) {
            course->held = RecordLine{course->next, at, std::move(line)};
        } else {
            append(operation.id, *course, std::move(line), at);
        }
        return;
    }
    course = &begin(operation, at);
    settle(operation.id, *course);
    course->tail.reset();
    if (course->circumstances != circumstances) {
        course->circumstances = circumstances;
        line.circumstances = std::move(circumstances);
    }
    append(operation.id, *course, std::move(line), at);
}

}  // namespace standin::engine
