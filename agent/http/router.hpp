#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/http/access.hpp"
#include "agent/http/response.hpp"

namespace standin::http {

using Handler = std::function<base::Result<Response>(const Request&)>;

struct Route {
    std::string method;
    std::string pattern;  ///< `/v1/stand-ins/{name}/state`
    Access access = Access::Read;
    Handler handler;
};

/// The table of routes.
class Router {
  public:
    /// Demands Read for GET and Command for every other method; say it where a route demands something else
    /// (roles.hpp).
    void add(const std::string& method, const std::string& pattern, Handler handler);
    void add(const std::string& method, const std::string& pattern, Access access, Handler handler);

    /// The route for a request, whose `parameters` are filled in. NotFound, or WrongState if only the method does not
    /// fit.
    [[nodiscard]] base::Result<const Route*> find(Request& request) const;
    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

  private:
    std::vector<Route> routes_;
};

}  // namespace standin::http
