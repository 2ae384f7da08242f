/**
 * The prototypes against what kernels say of wrong arguments (fixtures/prototypes-*.jsonl.gz, as scripts/probe-kernel.ts
 * prototypes prints it; docs/verifier-targets.md says how to record it again).
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { HELPER, type HelperName } from "../../uapi/helpers.ts";
import { MEM_WRITE, PTR_MAYBE_NULL } from "../state/types.ts";
import type { ArgClass, HelperArgument } from "../target.ts";
import { measuredType, recorded } from "./fixtures/measured.ts";
import { KERNELS, kernelTarget } from "./index.ts";

type Wrong = "number" | "zero" | "readonly" | "unwritten" | "packet";

interface Row {
  readonly helper: HelperName;
  readonly type: string;
  /** Refused to a program that is not under the GPL; to one that does not sleep (false when it does). */
  readonly gpl: boolean;
  readonly sleeps: boolean;
  /** What it says when all arguments are right, as far as that can be; empty: nothing. */
  readonly right: string;
  readonly answers: readonly Readonly<Partial<Record<Wrong, string>>>[];
}

const NUMBERS: ReadonlySet<ArgClass> = new Set([
  "anything",
  "scalar",
  "const-size",
  "const-size-or-zero",
  "const-alloc-size-or-zero",
]);
const MEMORY: ReadonlySet<ArgClass> = new Set(["mem", "map-key", "map-value"]);

/** What a number in place of an argument must lead to. */
const EXPECTED: Readonly<Partial<Record<ArgClass, RegExp>>> = {
  "const-map-ptr": /expected=map_ptr/,
  ctx: /expected=ctx/,
  func: /expected=func/,
  "map-key": /expected=fp, pkt, /,
  "map-value": /expected=fp, pkt, /,
  mem: /expected=fp, pkt, /,
  "spin-lock": /expected=map_value/,
  timer: /expected=map_value/,
  "const-str": /expected=map_value/,
  "kptr-xchg-dest": /expected=map_value/,
  "sock-common": /expected=sock_common, sock, tcp_sock, xdp_sock$/,
  "btf-id-sock-common": /expected=sock_common, sock, tcp_sock, xdp_sock, ptr_/,
  socket: /expected=sock$/,
  "btf-id": /expected=ptr_/,
  "percpu-btf-id": /expected=percpu_ptr_/,
  "ringbuf-mem": /expected=(ringbuf|alloc)_mem/,
  stack: /expected=fp/,
  dynptr: /expected=fp, dynptr_ptr/,
};

for (const kernel of KERNELS) {
  test(`Linux ${kernel} takes for arguments what the prototypes say`, () => {
    const target = kernelTarget(kernel, null);
    let checked = 0;
    for (const { helper, type: name, gpl, sleeps, right, answers } of recorded<Row>("prototypes", kernel)) {
      const { type, attachType, sleepable } = measuredType(name);
      const prototype = target.helper(HELPER[helper], type, attachType, { sleepable, gpl: true });
      if (prototype === "not-here") {
        assert.equal(right, "helper call is not allowed in probe", helper);
        continue;
      }
      assert.ok(typeof prototype !== "string", `${helper} for ${name}`);
      assert.equal(prototype.gplOnly, gpl, `${helper} for ${name}: GPL only`);
      if (!sleepable) assert.equal(prototype.mightSleep, sleeps, `${helper} for ${name}: sleeps`);
      // It is refused before arguments are looked at.
      if (sleeps) continue;
      const rules = target.programType(type, attachType);
      for (const [index, argument] of prototype.arguments.entries()) {
        const register = `R${index + 1}`;
        // Arguments after one that could not be made right were never looked at.
        if (/^R\d /.test(right) && right < register) break;
        if (right.includes("supported only for")) break;
        const said = (wrong: Wrong): string => answers[index]?.[wrong] ?? right;
        const where = `${helper} for ${name}, argument ${index + 1}, ${argument.class}`;
        checked++;
        checkNumber(argument, register, said, where);
        if (MEMORY.has(argument.class)) {
          const writes = (argument.flags & MEM_WRITE) !== 0;
          assert.equal(/write into map forbidden/.test(said("readonly")), writes, `${where}: written`);
          if (rules?.directPacketAccess === true && answers[index]?.packet !== undefined && !rules.packetsForAllHelpers)
            assert.equal(/access to the packet/.test(said("packet")), !prototype.packetAccess, `${where}: packet`);
        }
      }
    }
    assert.ok(checked > 400, `${checked} arguments`);
  });
}

function checkNumber(argument: HelperArgument, register: string, said: (wrong: Wrong) => string, where: string): void {
  const wrongType = (text: string): boolean => text.startsWith(`${register} type=`) && !text.endsWith("expected=fp");
  if (NUMBERS.has(argument.class)) {
    assert.ok(!wrongType(said("number")), `${where}: ${said("number")}`);
    if (argument.class === "scalar") assert.match(said("unwritten"), /expected=scalar/, where);
    if (argument.class === "const-size") assert.match(said("zero"), /zero-sized read/, where);
    if (argument.class === "const-size-or-zero") assert.doesNotMatch(said("zero"), /zero-sized read/, where);
    return;
  }
  const expected = EXPECTED[argument.class];
  assert.ok(expected !== undefined, `${where}: no such class is known here`);
  assert.match(said("number"), expected, where);
  assert.equal(wrongType(said("zero")), (argument.flags & PTR_MAYBE_NULL) === 0, `${where}: ${said("zero")}`);
}
