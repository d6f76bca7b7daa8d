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
    /// Adds a route that demands Read for GET and Command for every other method; the other overload names another
    /// access (roles.hpp).
    void add(const std::string& method, const std::string& pattern, Handler handler);
    void add(const std::string& method, const std::string& pattern, Access access, Handler handler);

    /// The route for a request; sets its `parameters`. NotFound; WrongState if only the method does not match.
    [[nodiscard]] base::Result<const Route*> find(Request& request) const;
    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

  private:
    std::vector<Route> routes_;
};

}  // namespace standin::http
