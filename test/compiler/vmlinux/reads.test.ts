/** Names of the kernel's types, and reads through pointers to them: which relocations they make, and what those become elsewhere. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { openKernelTarget } from "../../../src/kernels/types.ts";
import { check } from "../../../src/verifier/index.ts";
import { KERNELS } from "../../../src/verifier/targets/index.ts";
import { compileFor, membersIn, refusalsOf, relocated } from "./kernel-source.ts";

const IMPORTS = `import { cast, hash, u64, i32, xdp, XDP_PASS, field, exists, sizeOf, enumExists, enumValue, bpf_ktime_get_ns } from "skep/bpf";
import { type task_struct, type sock, BPF_MAP_TYPE_ARENA, BPF_MAP_TYPE_HASH } from "skep/vmlinux";
`;

/** A program that stores what an expression on `task` and `sk` gives. */
function storing(value: string, more = ""): string {
  return `${IMPORTS}${more}
export const out = hash<u64, u64>({ maxEntries: 1 });
export const program = xdp(() => {
  const task = cast<task_struct>(bpf_ktime_get_ns());
  const sk = cast<sock>(bpf_ktime_get_ns());
  out.set(1, u64(${value}));
  return XDP_PASS;
});`;
}

describe("a read through a kernel pointer", () => {
  const cases: readonly { readonly read: string; readonly on61: readonly string[] }[] = [
    { read: "task.pid", on61: ["field_byte_offset struct task_struct.pid 2416"] },
    { read: "task.se.vruntime", on61: ["field_byte_offset struct task_struct.se.vruntime 208"] },
    {
      read: "task.real_parent.tgid",
      on61: ["field_byte_offset struct task_struct.real_parent 2432", "field_byte_offset struct task_struct.tgid 2420"],
    },
    { read: "task.comm[3]", on61: ["field_byte_offset struct task_struct.comm[3] 2979"] },
    { read: "sk.__sk_common.skc_dport", on61: ["field_byte_offset struct sock.__sk_common.skc_dport 12"] },
    { read: "sk.sk_protocol", on61: ["field_byte_offset struct sock.sk_protocol 516"] },
    {
      read: "task.sched_reset_on_fork",
      on61: [
        "field_byte_offset struct task_struct.sched_reset_on_fork 2340",
        "field_byte_size struct task_struct.sched_reset_on_fork 4",
        "field_lshift_u64 struct task_struct.sched_reset_on_fork 63",
        "field_rshift_u64 struct task_struct.sched_reset_on_fork 63",
      ],
    },
    { read: "task.mm === null", on61: ["field_byte_offset struct task_struct.mm 2272"] },
    { read: "sizeOf<task_struct>()", on61: ["type_size struct task_struct 9728"] },
    { read: "exists<sock>()", on61: ["type_exists struct sock 1"] },
    { read: "enumExists(BPF_MAP_TYPE_ARENA)", on61: ["enumval_exists enum bpf_map_type::BPF_MAP_TYPE_ARENA absent"] },
    { read: "enumValue(BPF_MAP_TYPE_HASH)", on61: ["enumval_value enum bpf_map_type::BPF_MAP_TYPE_HASH 1"] },
    { read: "BPF_MAP_TYPE_HASH", on61: [] },
  ];
  for (const { read, on61 } of cases) {
    test(`${read} is adapted to the kernel`, () => assert.deepEqual(relocated(compileFor(storing(read)), "6.1"), on61));
  }

  test("through null is a question: ?. gives null, and ?? what stands for it", () => {
    const spec = compileFor(storing("task.mm?.map_count ?? 0"));
    assert.deepEqual(relocated(spec, "6.18"), [
      "field_byte_offset struct task_struct.mm 1136",
      "field_byte_offset struct mm_struct.map_count 176",
    ]);
  });

  test("goes through functions, which are inlined as their arguments are read", () => {
    const parent = "function parentOf(task: task_struct): task_struct { return task.real_parent; }";
    assert.deepEqual(relocated(compileFor(storing("parentOf(parentOf(task)).pid", parent)), "6.18").length, 3);
  });

  test("leaves only what is read in the types of the Spec, where it was", () => {
    const spec = compileFor(storing("u64(task.pid) + task.se.vruntime"));
    assert.deepEqual(membersIn(spec, "task_struct"), ["se@1024", "pid@10112"]);
    assert.deepEqual(membersIn(spec, "sched_entity"), ["vruntime@960"]);
  });
});

describe("what only some kernels have", () => {
  const OLD = "/** @kernel */ interface task_struct___old { state: i64 }\n";

  test("is read where a condition has proven it", () => {
    const spec = compileFor(
      storing('field(task, "state") ? u64(task.state) : u64(task.__state)', `import type { i64 } from "skep/bpf";\n${OLD}`),
    );
    assert.deepEqual(relocated(spec, "6.18"), [
      "field_exists struct task_struct___old.state absent",
      "field_byte_offset struct task_struct___old.state poisoned",
      "field_byte_offset struct task_struct.__state 24",
    ]);
  });

  test("may be asked with the edition that has it, for tsc", () => {
    const asked = 'field<task_struct___old>(task, "state") ? u64(task.state) : 0n';
    assert.equal(relocated(compileFor(storing(asked, `import type { i64 } from "skep/bpf";\n${OLD}`)), "6.18").length, 2);
    const [found] = refusalsOf(storing('field<sock>(task, "state") ? 1 : 0'));
    assert.equal(found?.code, "SK2503");
  });

  test("is refused where it is not proven", () => {
    const [found] = refusalsOf(storing("task.state", `import type { i64 } from "skep/bpf";\n${OLD}`));
    assert.equal(found?.code, "SK2502");
    assert.match(found?.hint ?? "", /field\(…, "state"\)/);
  });
});

test("the example of docs/language.md compiles, and is accepted by three kernels", async () => {
  const page = readFileSync(new URL("../../../docs/language.md", import.meta.url), "utf8");
  const [, example = ""] = /## Kernel types\n\n```ts\n(.*?)```/s.exec(page) ?? [];
  const spec = compileFor(example);
  for (const kernel of KERNELS) {
    const { verdict, unfit } = await check(spec, spec.programs[0]!, openKernelTarget(kernel));
    assert.equal(unfit ?? verdict?.refusal?.text ?? "accepted", "accepted");
  }
});

describe("what the kernel does not have", () => {
  const cases = [
    { source: storing("task.pidd"), code: "SK2009", hint: /did you mean pid\?/ },
    { source: storing("sk.sk_protocoll"), code: "SK2009", hint: /did you mean sk_protocol\?/ },
    {
      source: `${IMPORTS.replace("type sock", "type sokc")}export const p = xdp(() => XDP_PASS);`,
      code: "SK2006",
      hint: /did you mean sock\?/,
    },
    { source: storing('field(task, "nothing")'), code: "SK2503", hint: /@kernel/ },
    { source: storing("task.comm[16]"), code: "SK2113", hint: /mask/ },
    { source: storing("enumValue(5)"), code: "SK2503", hint: /import/ },
    { source: storing("exists<u64>()"), code: "SK2503", hint: /vmlinux/ },
    { source: storing("cast<u64>(task)"), code: "SK2503", hint: /cast<sock>/ },
    { source: storing("task === sk"), code: "SK2101", hint: /cast<task_struct>/ },
  ];
  for (const { source, code, hint } of cases) {
    const value = /u64\((.*)\)\);/.exec(source)?.[1] ?? "an import";
    test(`is refused with a way out: ${value}`, () => {
      const found = refusalsOf(source);
      assert.deepEqual(
        found.map((diagnostic) => diagnostic.code),
        [code],
      );
      assert.match(found[0]?.hint ?? "", hint);
    });
  }
});
