#pragma once

namespace standin::cli {

/// standinctl's exit codes (standinctl(1), EXIT STATUS).
enum ExitCode : int {
    Done = 0,         ///< the request was done (or, without --wait, was accepted)
    Failed = 1,       ///< refused, or begun and failed
    WrongUsage = 2,   ///< the command line or the settings are wrong; no request was sent
    NotReachable = 3  ///< the coordinator could not be reached, or did not answer in time
};

}  // namespace standin::cli
