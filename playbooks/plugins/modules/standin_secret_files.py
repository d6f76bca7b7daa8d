#!/usr/bin/python3
"""Writes a service's secrets, each into a file of mode 0600, all in one go."""

DOCUMENTATION = """
module: standin_secret_files
short_description: Writes secrets into files of mode 0600
description:
  - Writes each secret into a file of its own. A site has one for each machine's BMC, so all are written by one task.
  - No content is in the result, and a file is replaced at once.
options:
  directory:
    description: Where the files go; it is there already, except in check mode.
    type: path
    required: true
  files:
    description: The secrets, each with its file's name and its content.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: The file's name., type: str, required: true}
      content: {description: The secret., type: str, required: true}
  owner:
    description: Whose the files are.
    type: str
    required: true
author: Standin
"""

EXAMPLES = """
- name: Write the secrets
  standin_secret_files:
    directory: /etc/standin/secrets
    owner: standin
    files: [{name: bmc-srv01, content: "{{ vault_bmc }}"}]
"""

RETURN = """
written:
  description: Names of the files that were written, or would be.
  returned: always
  type: list
  elements: str
"""

# The import's place is Ansible's custom: after the documentation.
import os  # noqa: E402
import pwd  # noqa: E402
import tempfile  # noqa: E402

from ansible.module_utils.basic import AnsibleModule  # noqa: E402


def is_there(path, content, user):
    """Whether a file has that content, owner and mode; a user that is not made yet owns nothing."""
    try:
        state = os.lstat(path)
        with open(path, "rb") as present:
            return user is not None and (state.st_mode & 0o7777, state.st_uid) == (0o600, user.pw_uid) and present.read() == content
    except OSError:
        return False


def write(path, content, user):
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".standin-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chown(temporary, user.pw_uid, -1)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def user_of(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def main():
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        "directory": {"type": "path", "required": True},
        "owner": {"type": "str", "required": True},
        "files": {"type": "list", "elements": "dict", "required": True,
                  "options": {"name": {"type": "str", "required": True}, "content": {"type": "str", "required": True, "no_log": True}}}})
    user, written = user_of(module.params["owner"]), []
    if user is None and not module.check_mode:
        module.fail_json(msg=f"there is no user '{module.params['owner']}' on this host")
    for each in module.params["files"]:
        path, content = os.path.join(module.params["directory"], each["name"]), each["content"].encode()
        if is_there(path, content, user):
            continue
        written.append(each["name"])
        if not module.check_mode:
            try:
                write(path, content, user)
            except OSError as problem:
                module.fail_json(msg=f"could not write {path}: {problem}")
    module.exit_json(changed=bool(written), written=written)


if __name__ == "__main__":
    main()
