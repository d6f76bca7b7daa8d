#include "coordinator/domain/job_watch.hpp"

namespace standin::domain {

JobNews note(JobCourse& course, JobAnswer answer, base::WallTime asked_at) {
    if (answer == JobAnswer::NotAsked) return JobNews::None;
    course.asked = true;
    if (answer == JobAnswer::Answered) {
        const bool again = course.told;
        course.unanswered = 0;
        course.told = false;
        return again ? JobNews::AnswersAgain : JobNews::None;
    }
    if (course.unanswered == 0) course.silent_since = asked_at;
    if (course.unanswered < unanswered_to_tell) ++course.unanswered;
    return course.unanswered == unanswered_to_tell && !course.told ? JobNews::Silent : JobNews::None;
}

}  // namespace standin::domain
