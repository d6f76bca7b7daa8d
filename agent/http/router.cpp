#include "agent/http/router.hpp"

#include <fmt/format.h>

#include <string_view>

#include "agent/base/text.hpp"

namespace standin::http {

namespace {

std::string_view nextPart(std::string_view& path) {
    auto slash = path.find('/');
    auto part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    return part;
}

// `/v1/stand-ins/server01-3` of `/v1/stand-ins/server01-3/state`: all commands for one thing have the same subject.
std::string subjectOf(std::string_view pattern, std::string_view path) {
    std::string subject;
    while (!pattern.empty()) {
        const bool name = nextPart(pattern).front() == '{';
        subject += "/" + std::string(nextPart(path));
        if (name) break;
    }
    return subject;
}

bool matches(std::string_view pattern, std::string_view path, std::map<std::string, std::string>& parameters) {
    parameters.clear();
    while (!pattern.empty() && !path.empty()) {
        auto wanted = nextPart(pattern);
        auto given = nextPart(path);
        if (wanted.size() > 2 && wanted.front() == '{' && wanted.back() == '}') {
            if (given.empty()) return false;
            parameters[std::string(wanted.substr(1, wanted.size() - 2))] = given;
        } else if (wanted != given) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

}  // namespace

void Router::add(const std::string& method, const std::string& pattern, Handler handler) {
    add(method, pattern, method == "GET" ? Access::Read : Access::Command, std::move(handler));
}

void Router::add(const std::string& method, const std::string& pattern, Access access, Handler handler) {
    STANDIN_ASSERT(!pattern.empty() && pattern.front() == '/');
    routes_.push_back({method, pattern, access, std::move(handler)});
}

base::Result<const Route*> Router::find(Request& request) const {
    std::string other_methods;
    std::string_view path = request.path;
    if (path.empty() || path.front() != '/')
        return base::failure(base::ErrorCode::NotFound, "the path must begin with '/'");
    for (const auto& route : routes_) {
        std::map<std::string, std::string> parameters;
        if (!matches(std::string_view(route.pattern).substr(1), path.substr(1), parameters)) continue;
        if (route.method == request.method) {
            request.parameters = std::move(parameters);
            request.subject = subjectOf(std::string_view(route.pattern).substr(1), path.substr(1));
            return &route;
        }
        other_methods += (other_methods.empty() ? "" : ", ") + route.method;
    }
    if (!other_methods.empty()) {
        return base::failure(base::ErrorCode::WrongState,
                             fmt::format("'{}' takes {}, not {}", base::shortened(request.path, 200), other_methods,
                                         base::shortened(request.method, 20)));
    }
    return base::failure(base::ErrorCode::NotFound,
                         fmt::format("there is nothing at '{}'", base::shortened(request.path, 200)));
}

}  // namespace standin::http
