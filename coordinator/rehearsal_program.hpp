#pragma once

namespace standin {

/// `standin-coordinator --rehearse`, which the coordinator starts for `POST /v1/plans`: reads a question from standard
/// input and writes the plan to standard output (what_if/rehearsal_process.hpp). Runs at the lowest priority. Returns
/// the exit code.
int rehearseStandardInput();

}  // namespace standin
