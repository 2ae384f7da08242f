/** Programs for every hook of the kernel: what they compile to, what verifiers say of it, and what is refused. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileSource } from "../../src/compiler/compile.ts";
import { kernelTypes, openKernelTarget } from "../../src/kernels/types.ts";
import { sectionMeaning } from "../../src/object/sections.ts";
import { check as verified, verify } from "../../src/verifier/index.ts";
import { hookPrograms } from "./hooks.ts";
import { check, row } from "./refusals.ts";

function compiled(source: string, machine: "x86_64" | "arm64" = "x86_64") {
  return compileSource(source, { file: "test.bpf.ts", machine });
}

describe("every hook", () => {
  const target = openKernelTarget("6.18");
  for (const { hook, source } of hookPrograms()) {
    test(`${hook.name}: all of its context, read and written as its type says, is what Linux 6.18 allows`, () => {
      const spec = compiled(source);
      const [program] = spec.programs;
      assert.ok(program);
      const meaning = sectionMeaning(program.section);
      assert.ok(meaning.current, program.section);
      const { type, attachType, flags = 0, target: at = null } = program;
      assert.deepEqual(
        { type, attachType, flags, at },
        { type: meaning.type, attachType: meaning.attachType, flags: meaning.flags, at: meaning.target },
      );
      const verdict = verify(spec, program, target);
      assert.equal(verdict.refusal?.text ?? "accepted", "accepted");
    });
  }
});

const TRACE = 'import { array, tracepoint, u64, type u32 } from "skep/bpf";\nexport const out = array<u64>({ maxEntries: 1 });\n';

describe("what a program is given", () => {
  test("an interface is the record of a tracepoint, of which the first 8 bytes are the kernel's", () => {
    const spec = compiled(
      `${TRACE}interface Switch { common: u64; pid: u32; prio: u32 }\nexport const p = tracepoint<Switch>("sched/sched_switch", (ctx) => { out.set(0, u64(ctx.prio)); });`,
    );
    assert.equal(spec.programs[0]?.section, "tracepoint/sched/sched_switch");
    assert.ok(verify(spec, spec.programs[0]!, openKernelTarget("6.18")).accepted);
  });

  test("arguments of a probe are where the machine has them", () => {
    const source =
      'import { array, kprobe, type u64 } from "skep/bpf";\nexport const out = array<u64>({ maxEntries: 1 });\nexport const p = kprobe("do_unlinkat", (ctx) => { out.set(0, ctx.argument(1)); });';
    // r = *(u64 *)(r1 + offset)
    const load = (machine: "x86_64" | "arm64") => {
      const code = compiled(source, machine).programs[0]?.code ?? new Uint8Array();
      const view = new DataView(code.buffer, code.byteOffset);
      for (let at = 0; at < code.length; at += 8)
        if (code[at] === 0x79 && (code[at + 1] ?? 0) >> 4 !== 10) return view.getInt16(at + 2, true);
      return -1;
    };
    assert.equal(load("x86_64"), 104);
    assert.equal(load("arm64"), 8);
  });

  test("nothing returned is 0, where nobody asks; a bool is a yes or no", () => {
    const last = (source: string) => compiled(source).programs[0]?.code.slice(-16);
    const zero = last('import { kprobe } from "skep/bpf";\nexport const p = kprobe("do_unlinkat", () => {});');
    assert.deepEqual(zero?.[4], 0);
    compiled('import { cgroupConnect4 } from "skep/bpf";\nexport const p = cgroupConnect4((ctx) => ctx.user_port !== 25);');
  });
});

const one = (code: Parameters<typeof row>[0], line: string, place: string, hint?: RegExp) =>
  row(code, `import { cgroupSkbEgress, fentry, kprobe, socketFilter, tc, tracepoint } from "skep/bpf";\n${line}`, place, hint);

describe("what is refused", () => {
  test("targets", () =>
    check([
      one("SK3005", "export const p = kprobe((ctx) => 0);", "kprobe((ctx) => 0)", /kprobe\("do_unlinkat"/),
      one("SK3005", "export const p = tracepoint(5, (ctx) => 0);", "5"),
      one("SK3005", 'export const p = tracepoint("openat", (ctx) => 0);', '"openat"', /syscalls\/sys_enter_openat/),
      one("SK3005", 'export const p = xdp("eth0", (ctx) => 2);', 'xdp("eth0", (ctx) => 2)'),
      one("SK3005", "export const p = xdp<u32>((ctx) => 2);", "u32"),
    ]));

  test("verdicts", () =>
    check([
      one("SK3006", "export const p = tc(() => 9);", "9", /TC_ACT_OK/),
      one("SK3006", "export const p = cgroupSkbEgress(() => 4);", "4"),
      one("SK3006", 'export const p = fentry("tcp_v4_connect", () => 1);', "1"),
      one("SK2302", "export const p = tc((ctx) => {});", "}"),
      one("SK3006", "export const p = tc((ctx) => ctx.mark === 1);", "ctx.mark === 1", /TC_ACT_OK/),
    ]));

  test("fields of a context that the hook does not show, or not for writing", () =>
    check([
      one("SK2009", "export const p = tc((ctx) => { const a = ctx.remote_ip4; return 0; });", "remote_ip4"),
      one("SK2114", "export const p = tc((ctx) => { ctx.len = 5; return 0; });", "ctx.len"),
      one("SK2009", "export const p = socketFilter((ctx) => { const a = ctx.packet.length; return 0; });", "packet"),
      one("SK2009", "export const p = tc((ctx) => { const a = ctx.argument(0); return 0; });", "argument"),
      one("SK1101", 'export const p = kprobe("f", (ctx) => { const a = ctx.argument(9); });', "9"),
      one(
        "SK1101",
        'export const p = tracepoint("syscalls/sys_enter_read", (ctx) => { for (let i: u32 = 0; i < 3; i++) { const a = ctx.args[i]; } });',
        "i",
      ),
      one("SK1101", 'export const p = tracepoint("syscalls/sys_enter_read", (ctx) => { const a = ctx.args; });', "ctx.args"),
    ]));

  test("parameters of which nobody says what they are", () =>
    check([
      one("SK2105", 'export const p = fentry("tcp_v4_connect", (sk) => {});', "sk", /u64/),
      one("SK3005", "export const p = tc((ctx, more) => 0);", "more"),
      one("SK2101", "export const p = tc((ctx: u32) => 0);", "ctx"),
    ]));
});

describe("what helpers take for the context", () => {
  test("is what the program is given, whatever that is", async () => {
    const source = `import { bpf_seq_write, context, fentry, iterator, perfEventArray, tracepoint, tpBtf, u32, type u64 } from "skep/bpf";
import type { task_struct, trace_event_raw_sched_switch } from "skep/vmlinux";
interface Line { pid: u32 }
interface Own { common: u64; pid: u32 }
export const events = perfEventArray<Line>();
export const one = tracepoint<trace_event_raw_sched_switch>("sched/sched_switch", (ctx) => events.output(ctx, { pid: 1 }));
export const two = tpBtf("sched_switch", (_preempt, _prev, next: task_struct) => events.output(context(), { pid: u32(next.pid) }));
export const three = tracepoint<Own>("sched/sched_wakeup", (ctx) => events.output(ctx, { pid: ctx.pid }));
export const four = fentry("tcp_v4_connect", () => events.output(context(), { pid: 4 }));
export const five = iterator("task", (ctx) => {
  if (ctx.task === null) return;
  const line: Line = { pid: u32(ctx.task.pid) };
  bpf_seq_write(ctx.meta.seq, line);
});`;
    const types = { kernel: () => kernelTypes("6.18") };
    const spec = compileSource(source, { file: "test.bpf.ts", ...types });
    for (const program of spec.programs) {
      const { verdict, unfit } = await verified(spec, program, openKernelTarget("6.18"));
      assert.equal(unfit ?? verdict?.refusal?.text ?? "accepted", "accepted", program.name);
    }
  });
});
