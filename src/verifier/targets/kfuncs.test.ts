/** Who may call kernel functions, against what kernels answered (fixtures/kfuncs-*.jsonl.gz: scripts/probe-kernel.ts kfuncs). */

import assert from "node:assert/strict";
import { test } from "node:test";
import { KFUNCS } from "../../uapi/kfuncs.ts";
import { measuredType, recorded } from "./fixtures/measured.ts";
import { KERNELS, kernelTarget } from "./index.ts";

interface Row {
  readonly type: string;
  readonly kfuncs: readonly string[];
}

/** Refused for what the program is bound to, before anybody asks for its type. */
const OF_DEVICES = /^bpf_xdp_metadata_/;

for (const kernel of KERNELS) {
  test(`Linux ${kernel} lets programs call the kernel functions that are offered to them`, () => {
    const target = kernelTarget(kernel, null);
    const rows = recorded<Row>("kfuncs", kernel);
    // What no type of program may call is not in that kernel: it was built without it, or has it in a module.
    const there = new Set(rows.flatMap(({ kfuncs }) => kfuncs));
    for (const { type: name, kfuncs } of rows) {
      const { type, attachType } = measuredType(name);
      const offered = KFUNCS.filter((kfunc) => there.has(kfunc) && target.kfunc(kfunc)?.offeredTo(type, attachType) === true);
      assert.deepEqual(
        offered.filter((kfunc) => !OF_DEVICES.test(kfunc)),
        kfuncs.filter((kfunc) => !OF_DEVICES.test(kfunc)),
        name,
      );
    }
  });
}
