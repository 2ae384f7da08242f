/** `skep types`: what editors and `tsc` know of the kernel's types is what the compiler knows. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { declareKernelTypes } from "../../../src/compiler/kernel-types.ts";
import { kernelTypes } from "../../../src/kernels/btf.ts";
import { ROOT, skep } from "../../cli/skep.ts";

const PROGRAM = `import { array, cast, u64, xdp, XDP_PASS, bpf_ktime_get_ns } from "skep/bpf";
import { BPF_MAP_TYPE_ARENA, type task_struct } from "skep/vmlinux";
export const out = array<u64>({ maxEntries: 1 });
export const program = xdp(() => {
  const task = cast<task_struct>(bpf_ktime_get_ns());
  if (task.mm !== null) out.set(0, u64(task.real_parent.tgid) + u64(task.mm.map_count) + u64(task.comm.charCodeAt(0)) + BPF_MAP_TYPE_ARENA);
  return XDP_PASS;
});
`;

const HOOKS = `import { fentry, fexit, iterator, lsm, print, tpBtf, tracepoint, type i64 } from "skep/bpf";
import type { filename, trace_event_raw_sched_switch } from "skep/vmlinux";
export const a = tpBtf("sched_switch", (preempt, prev, next) => { if (!preempt) print(\`\${prev.pid} \${next.comm}\`); });
export const b = fentry("tcp_v4_connect", (sk) => { print(\`\${sk.sk_protocol}\`); });
export const c = fexit("do_unlinkat", (dfd, name: filename, result: i64) => { print(\`\${dfd} \${name.uptr} \${result}\`); });
export const d = lsm("file_open", (file) => (file.f_flags === 5 ? -1 : 0));
export const e = iterator("task", (ctx) => { const task = ctx.task; if (task !== null) print(\`\${task.pid}\`); });
export const f = tracepoint<trace_event_raw_sched_switch>("sched/sched_switch", (ctx) => { print(\`\${ctx.prev_comm}\`); });
`;

const RENO = `import { cast, structOps, type u32 } from "skep/bpf";
import { tcp_reno_undo_cwnd, tcp_slow_start, type inet_connection_sock, type sock, type tcp_congestion_ops, type tcp_sock } from "skep/vmlinux";
export const reno = structOps<tcp_congestion_ops>({
  init(tp: tcp_sock) { cast<inet_connection_sock>(tp).icsk_ca_priv[0] = 1; },
  ssthresh: (tp: tcp_sock) => tp.snd_cwnd,
  cong_avoid: (tp: tcp_sock, ack: u32, acked: u32) => { tp.snd_cwnd = tcp_slow_start(tp, acked); },
  undo_cwnd: (sk: sock) => tcp_reno_undo_cwnd(sk),
  name: "mine",
  flags: 2,
}, { link: false });
`;

function declared(names: readonly string[], text = ""): string {
  const sources = text === "" ? [] : [{ file: "program.bpf.ts", text }];
  return declareKernelTypes(names, sources, { kernel: () => kernelTypes("6.18"), title: "Linux 6.18" }).text;
}

/** The lines of an interface. */
function interfaceIn(text: string, name: string): readonly string[] {
  const lines = text.split("\n");
  const start = lines.indexOf(`  export interface ${name} {`);
  return start < 0 ? [] : lines.slice(start + 1, lines.indexOf("  }", start)).map((line) => line.trim());
}

describe("declarations of kernel types", () => {
  test("say of each field its type in the language, in C, and where it is", () => {
    const lines = interfaceIn(declared(["task_struct"]), "task_struct");
    for (const expected of [
      "/** `pid_t`, at 1264 */\npid: i32;",
      "/** `struct mm_struct *`, at 1136 */\nmm: mm_struct;",
      "/** `char [16]`, at 1752 */\ncomm: FixedArray<u8, 16> & FixedString<16>;",
      "/** `unsigned int`, 1 bit at bit 9504 */\nsched_reset_on_fork: u32;",
    ]) {
      assert.ok(lines.join("\n").includes(expected), expected);
    }
  });

  test("have what is wanted whole, what that leads to whole, and the rest by name", () => {
    const text = declared(["task_struct"]);
    assert.ok(interfaceIn(text, "mm_struct").includes("map_count: i32;"));
    assert.deepEqual(interfaceIn(text, "maple_tree"), ['readonly "~kernel"?: "struct maple_tree";']);
  });

  test("of a program have what it imports and reads", () => {
    const text = declared([], PROGRAM);
    assert.match(text, /export const BPF_MAP_TYPE_ARENA: 33;/);
    assert.ok(interfaceIn(text, "task_struct").length > 100);
  });

  test("of addresses and numbers of the wire say so", () => {
    const lines = interfaceIn(declared(["sock_common"]), "sock_common");
    assert.ok(lines.includes("skc_daddr: Ipv4Address;"));
    assert.ok(lines.includes("skc_dport: be16;"));
  });
});

describe("a project with and without them", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "skep-types-"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(ROOT, join(folder, "node_modules/skep"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "program.bpf.ts"), PROGRAM);
    const compilerOptions = {
      module: "nodenext",
      target: "es2024",
      lib: ["es2024", "esnext.disposable", "esnext.iterator", "dom"],
      types: [],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      customConditions: ["source"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const tsc = () =>
    new Promise<string>((resolve) => {
      execFile(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder], (_, stdout) => resolve(stdout));
    });

  test("without, tsc says what to run; with, it knows the fields", async () => {
    assert.match(await tsc(), /declare-them-with-skep-types/);
    const { status, stderr } = await skep(["types", "program.bpf.ts", "-o", "vmlinux.d.ts"], { cwd: folder });
    assert.equal(status, 0, stderr);
    assert.equal(await tsc(), "");
    writeFileSync(join(folder, "wrong.bpf.ts"), PROGRAM.replace("real_parent", "real_patent"));
    assert.match(await tsc(), /wrong\.bpf\.ts.*'real_patent' does not exist on type 'task_struct'. Did you mean 'real_parent'\?/);
  });

  test("parameters of typed hooks need no annotations", async () => {
    rmSync(join(folder, "wrong.bpf.ts"), { force: true });
    writeFileSync(join(folder, "hooks.bpf.ts"), HOOKS);
    const { status, stderr } = await skep(["types", "program.bpf.ts", "hooks.bpf.ts", "-o", "vmlinux.d.ts"], { cwd: folder });
    assert.equal(status, 0, stderr);
    assert.equal(await tsc(), "");
    writeFileSync(join(folder, "wrong.bpf.ts"), HOOKS.replace("prev.pid", "prev.pidd").replace("(sk)", "(sk: filename)"));
    const told = await tsc();
    assert.match(told, /'pidd' does not exist on type 'task_struct'/);
    assert.match(told, /Types of parameters 'sk' and 'sk' are incompatible/);
    assert.equal((await skep(["compile", "hooks.bpf.ts"], { cwd: folder })).status, 0);
  });

  test("members of an interface are programs, numbers and texts", async () => {
    writeFileSync(join(folder, "reno.bpf.ts"), RENO);
    assert.equal((await skep(["types", join(folder, "reno.bpf.ts"), "-o", join(folder, "vmlinux.d.ts")])).status, 0);
    for (const other of ["hooks", "program", "wrong"]) rmSync(join(folder, `${other}.bpf.ts`), { force: true });
    assert.equal(await tsc(), "");
    writeFileSync(join(folder, "reno.bpf.ts"), RENO.replace("undo_cwnd:", "undo_window:"));
    assert.match(await tsc(), /'undo_window' does not exist/);
    writeFileSync(join(folder, "reno.bpf.ts"), RENO.replace('"mine"', "5"));
    assert.match(await tsc(), /Type 'number' is not assignable to type 'string'/);
    rmSync(join(folder, "reno.bpf.ts"));
  });

  test("a name that the kernel does not have is told with one that it has", async () => {
    const { status, stderr } = await skep(["types", "task_strukt"]);
    assert.equal(status, 4);
    assert.match(stderr, /Linux 6\.18 has no type task_strukt; did you mean task_struct\?/);
  });
});
