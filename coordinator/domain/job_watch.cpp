#include "coordinator/domain/job_watch.hpp"

namespace standin::domain {

JobNews note(JobLooks& looks, JobAnswer answer, base::WallTime asked_at) {
    if (answer == JobAnswer::NotAsked) return JobNews::None;
    looks.asked = true;
    if (answer == JobAnswer::Answered) {
        const bool again = looks.told;
        looks.unanswered = 0;
        looks.told = false;
        return again ? JobNews::AnswersAgain : JobNews::None;
    }
    if (looks.unanswered == 0) looks.silent_since = asked_at;
    if (looks.unanswered < unanswered_to_tell) ++looks.unanswered;
    return looks.unanswered == unanswered_to_tell && !looks.told ? JobNews::Silent : JobNews::None;
}

}  // namespace standin::domain
