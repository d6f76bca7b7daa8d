"""The client of the coordinator's API, and of the agents', for the modules of this directory."""

import json
import os
import ssl
import time
import urllib.error
import urllib.request

# What every module that asks a part is told.
ARGUMENTS = {
    "url": {"type": "str", "required": True},
    "tls_dir": {"type": "path", "default": "/etc/standin/tls/operator"},
    "timeout_s": {"type": "int", "default": 30},
}
# The outcomes of an operation that has ended as it should.
GOOD_ENDS = ("succeeded", "closed")


class Refused(Exception):
    """What the other side says, or why it was not heard; `status` is None if it was not."""

    def __init__(self, sentence, status=None):
        super().__init__(sentence)
        self.status = status


class Client:
    """Asks one part, with the certificate of a directory that has ca.crt, tls.crt and tls.key."""

    def __init__(self, url, tls_dir, timeout_s):
        self.url, self._timeout_s = url.rstrip("/"), timeout_s
        try:
            self._context = ssl.create_default_context(cafile=os.path.join(tls_dir, "ca.crt"))
            self._context.load_cert_chain(os.path.join(tls_dir, "tls.crt"), os.path.join(tls_dir, "tls.key"))
        except (OSError, ssl.SSLError) as problem:
            raise Refused(f"the certificate in {tls_dir} cannot be used: {problem}; it is issued by playbooks/site.yml") from problem

    def ask(self, method, path, body=None, dry_run=False):
        """(status, answer) of a request that was accepted; Refused has the coordinator's own sentence."""
        question = urllib.request.Request(self.url + path + ("?dry_run=true" if dry_run else ""), method=method,
                                          data=None if body is None else json.dumps(body).encode(),
                                          headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(question, context=self._context, timeout=self._timeout_s) as answer:
                return answer.status, _json(answer.read())
        except urllib.error.HTTPError as refusal:
            said = _json(refusal.read())
            if refusal.code == 503 and "checks" in said:   # a health that is not well is an answer
                return refusal.code, said
            raise Refused(said.get("message") or f"{method} {path} was answered with status {refusal.code}", refusal.code) from refusal
        except (OSError, ValueError) as problem:
            why = getattr(problem, "reason", problem)
            raise Refused(f"{self.url} does not answer: {why}; see that it runs and is reached from this host") from problem

    def get(self, path):
        return self.ask("GET", path)[1]

    def operation(self, number):
        return self.get(f"/v1/operations/{number}")

    def wait(self, number, within_s, until=lambda operation: False, pause_s=1.0):
        """The operation once it has ended, or `until` is true of it, or the time is over."""
        deadline = time.monotonic() + within_s
        while True:
            operation = self.operation(number)
            if operation["outcome"] is not None or until(operation) or time.monotonic() >= deadline:
                return operation
            time.sleep(pause_s)


def _json(body):
    try:
        answer = json.loads(body or b"{}")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {"list": answer}


def client_of(module):
    return Client(module.params["url"], module.params["tls_dir"], module.params["timeout_s"])


def sentence_of(operation):
    """How an operation ended, for people, with the cure."""
    head = f"{operation['kind']} {operation['id']} of server '{operation['server']}'"
    end = {None: "goes on", "needs_operator": "needs the operator"}.get(operation["outcome"], operation["outcome"])
    more = [operation.get(each) for each in ("why", "cure") if operation.get(each)]
    return f"{head} {end}" + (": " + "; ".join(more) if more else "")


def timeline_of(operation):
    """One line for each step that has begun."""
    return [f"{step['since_failure_ms'] / 1000:9.3f} s  {step['name']}{' ' + step['subject'] if step.get('subject') else ''}: {step['outcome']}"
            + (f" ({step['message']})" if step.get("message") else "") for step in operation.get("steps", ())]
