"""Shows the steps of an operation as they end: the module of the same name is asked for a few seconds at a time."""

import time

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

# So long the module waits for another step to end; then it is asked again.
ASKED_FOR_S = 20


class ActionModule(ActionBase):
    """One task, whose module runs several times."""

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        wait_s = int(arguments.pop("wait_s", 7200))
        begun = self._execute_module(module_args=arguments | {"wait_s": 0}, task_vars=task_vars)
        operation = begun.get("operation")
        if begun.get("failed") or not wait_s or not operation:
            return result | begun
        where = {key: arguments[key] for key in ("url", "tls_dir", "timeout_s") if key in arguments}
        deadline, seen, ended = time.monotonic() + wait_s, 0, begun
        while True:
            seen = self._show(ended, seen)
            if ended.get("failed") or ended["operation"]["outcome"] is not None:
                return result | ended | {"changed": begun.get("changed", False)}
            left = int(deadline - time.monotonic())
            if left <= 0:
                message = f"operation {operation['id']} of server '{operation['server']}' goes on after {wait_s} s: standinctl operation watch {operation['id']}"
                return result | ended | {"failed": True, "msg": message}
            ended = self._execute_module(module_args=where | {"state": "ended", "id": operation["id"], "wait_s": min(left, ASKED_FOR_S), "seen": seen},
                                         task_vars=task_vars)

    def _show(self, answer, seen):
        """The steps that have ended since the last time; answers how many have by now."""
        operation = answer.get("operation")
        steps = [step for step in operation["steps"] if step["end"]] if operation else []
        for step in steps[seen:]:
            subject = f" {step['subject']}" if step.get("subject") else ""
            Display().display(f"    {operation['kind']} {operation['id']} of {operation['server']}: {step['name']}{subject} {step['outcome']}")
        return max(seen, len(steps))
