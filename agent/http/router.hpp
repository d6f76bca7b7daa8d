#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/http/response.hpp"

namespace standin::http {

using Handler = std::function<base::Result<Response>(const Request&)>;

/// What a route does to the world decides what its caller must bring.
enum class Access {
    Read,    ///< changes nothing (GET; also a POST that only asks, such as a probe)
    Command  ///< changes something: agents demand the Standin-Epoch and Standin-Operation headers and a commander's certificate
};

struct Route {
    std::string method;
    std::string pattern;  ///< `/v1/stand-ins/{name}/state`
    Access access = Access::Read;
    Handler handler;
};

/// The table of routes.
class Router {
  public:
    /// Access is Command for PUT, POST and DELETE unless said otherwise.
    void add(const std::string& method, const std::string& pattern, Handler handler);
    void add(const std::string& method, const std::string& pattern, Access access, Handler handler);

    /// The route for a request, whose `parameters` are filled in. NotFound, or WrongState if only the method does not fit.
    [[nodiscard]] base::Result<const Route*> find(Request& request) const;
    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

  private:
    std::vector<Route> routes_;
};

}  // namespace standin::http
