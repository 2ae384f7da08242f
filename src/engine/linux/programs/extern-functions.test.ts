/** Types as kernels take them: functions that others have are global there. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openBtf } from "../../../btf/btf.ts";
import { BtfBuilder } from "../../../btf/builder.ts";
import { withoutExtern } from "./extern-functions.ts";

test("functions of the kernel are called global, everything else stays as it is", () => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, { signed: true });
  builder.struct(
    "pair",
    8,
    [0, 1].map((n) => ({ name: `m${n}`, type: int, bitOffset: n * 32 })),
  );
  const prototype = builder.prototype(int, [{ name: "a", type: int }]);
  const own = builder.function("own", prototype, "static");
  const theirs = builder.function("theirs", prototype, "extern");
  const types = builder.encode();
  const btf = openBtf(withoutExtern(types));
  assert.deepEqual(
    [own, theirs].map((id) => {
      const type = btf.type(id);
      return type.kind === "function" ? type.linkage : type.kind;
    }),
    ["static", "global"],
  );
  builder.array(int, 3);
  assert.equal(withoutExtern(new BtfBuilder().encode()).length, new BtfBuilder().encode().length);
});
