import assert from "node:assert/strict";
import { test } from "node:test";
import { explainErrno } from "./errno.ts";
import { messageOf } from "./render/line.ts";

for (const { code, problem, says } of [
  { code: "EPERM", problem: /may not load the program/, says: /capability.*lockdown.*locked memory/ },
  { code: "EINVAL", problem: /does not take the program as it is described/, says: /too old|built without/ },
  { code: "E2BIG", problem: /larger than this kernel takes/, says: /1,000,000 instructions/ },
  { code: "ENOSPC", problem: /did not fit its buffer/, says: /the program may be good/ },
  { code: "ENOMEM", problem: /no memory/, says: /control group/ },
  { code: "ENOTSUPP", problem: /cannot translate/, says: /JIT/ },
  { code: "EXYZ", problem: /without a reason \(EXYZ\)/, says: /log says nothing/ },
]) {
  test(`${code} and an empty log`, () => {
    const found = explainErrno(code);
    assert.equal(found.category, "Policy");
    assert.match(found.problem, problem);
    assert.match(found.reason, says);
    assert.ok(found.suggestions.length > 0);
    assert.doesNotMatch(messageOf("the kernel", "main", found), /\n/);
  });
}
