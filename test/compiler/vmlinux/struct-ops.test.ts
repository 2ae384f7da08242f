/** Interfaces of the kernel whose functions are programs: what the Spec says of them, and that verifiers take the programs. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../../src/btf/index.ts";
import { kernelTypes, openKernelTarget } from "../../../src/kernels/types.ts";
import { checkRelocations } from "../../../src/object/core/relocate.ts";
import { readObject } from "../../../src/object/read.ts";
import type { Spec } from "../../../src/object/spec.ts";
import { writeObject } from "../../../src/object/write/write.ts";
import { check } from "../../../src/verifier/index.ts";
import type { KernelName } from "../../../src/verifier/targets/index.ts";
import { compileFor, refusalsOf } from "./kernel-source.ts";

const HEAD = `import { cast, print, range, structOps, tc, TC_ACT_OK, type bool, type i32, u32, u64, type u8 } from "skep/bpf";
import { bpf_ct_release, tcp_reno_cong_avoid, tcp_reno_undo_cwnd, tcp_slow_start, type inet_connection_sock, type rate_sample, type sock, type task_struct, type tcp_congestion_ops, type tcp_sock, type Qdisc_ops, type sk_buff, type bpf_dummy_ops, type bpf_dummy_ops_state } from "skep/vmlinux";
`;

const RENO = `${HEAD}
function half(tp: tcp_sock): u32 {
  return Math.max(tp.snd_cwnd >> 1, 2);
}
function enter(tp: tcp_sock): void {
  tp.snd_cwnd_cnt = 0;
}
export const reno = structOps<tcp_congestion_ops>({
  init: (tp: tcp_sock) => {
    const csk = cast<inet_connection_sock>(tp);
    csk.icsk_ca_priv[0] = 0;
    csk.icsk_ca_priv[1] = u64(tp.snd_cwnd);
    enter(tp);
  },
  ssthresh: (tp: tcp_sock) => half(tp),
  cong_avoid: (tp: tcp_sock, ack: u32, acked: u32) => {
    if (tp.snd_cwnd < tp.snd_ssthresh) {
      const left = tcp_slow_start(tp, acked);
      if (left === 0) return;
    }
    tp.snd_cwnd_cnt += acked;
    if (tp.snd_cwnd_cnt >= tp.snd_cwnd) {
      tp.snd_cwnd_cnt = 0;
      tp.snd_cwnd++;
    }
  },
  undo_cwnd: (sk) => tcp_reno_undo_cwnd(sk),
  cwnd_event(sk, event) { print(\`event \${event}\`); },
  name: "skep_reno",
  flags: 2,
});`;

async function verdicts(spec: Spec, kernel: KernelName): Promise<readonly string[]> {
  const told: string[] = [];
  for (const program of spec.programs) {
    const { verdict, unfit } = await check(spec, program, openKernelTarget(kernel));
    told.push(`${program.name}: ${unfit ?? verdict?.refusal?.text ?? "accepted"}`);
  }
  return told;
}

describe("structOps", () => {
  test("is a map of the struct, whose functions are programs", () => {
    const spec = compileFor(RENO);
    const map = spec.maps.find(({ name }) => name === "reno");
    assert.ok(map?.structOps);
    assert.deepEqual(
      { type: map.type, flags: map.flags, section: map.section, struct: map.structOps.typeName, link: map.structOps.link },
      { type: "struct_ops", flags: 1 << 13, section: ".struct_ops.link", struct: "tcp_congestion_ops", link: true },
    );
    const kernel = kernelTypes("6.18");
    const struct = kernel.type(kernel.find("tcp_congestion_ops", "struct") ?? 0);
    assert.ok(struct.kind === "struct");
    const offset = (name: string) => (struct.members.find((member) => member.name === name)?.bitOffset ?? 0) / 8;
    assert.equal(map.valueSize, struct.size);
    assert.deepEqual(
      map.structOps.functions.map(({ member, offset: at, program }) => [member, at, program]),
      ["init", "ssthresh", "cong_avoid", "undo_cwnd", "cwnd_event"]
        .map((name) => [name, offset(name), `reno_${name}`])
        .sort((a, b) => Number(a[1]) - Number(b[1])),
    );
    const contents = map.contents;
    assert.ok(contents?.kind === "bytes");
    const name = contents.bytes.subarray(offset("name"), offset("name") + 16);
    assert.equal(new TextDecoder().decode(name).replace(/\0.*$/s, ""), "skep_reno");
    assert.equal(new DataView(contents.bytes.buffer).getUint32(offset("flags"), true), 2);
    assert.deepEqual(
      spec.programs.map(({ section, type }) => `${section} ${type}`).sort(),
      ["cong_avoid", "cwnd_event", "init", "ssthresh", "undo_cwnd"].map((member) => `struct_ops/${member} struct_ops`),
    );
    // As libbpf wants it: members that are functions point to prototypes.
    const btf = openBtf(spec.types ?? new Uint8Array());
    const written = btf.type(map.structOps.type);
    assert.ok(written.kind === "struct");
    const member = written.members.find((each) => each.name === "cong_avoid");
    const pointer = btf.type(member?.type ?? 0);
    assert.ok(pointer.kind === "pointer" && btf.type(pointer.type).kind === "prototype");
  });

  test("is written to an object as C compilers write it, and read back", () => {
    const spec = compileFor(RENO);
    const again = readObject(writeObject(spec), { name: "test" });
    const [before, after] = [spec, again].map((each) => each.maps.find(({ name }) => name === "reno"));
    assert.deepEqual(after?.structOps?.functions, before?.structOps?.functions);
    assert.deepEqual(after?.contents, before?.contents);
    assert.deepEqual(
      [after?.section, after?.flags, after?.structOps?.typeName],
      [".struct_ops.link", 1 << 13, "tcp_congestion_ops"],
    );
  });

  test("may be registered, and sleep where it says so", () => {
    const spec = compileFor(`${HEAD}export const dummy = structOps<bpf_dummy_ops>({
      test_1: (cb) => 0,
      test_sleepable: (cb: bpf_dummy_ops_state) => cb.val,
    }, { link: false, sleepable: ["test_sleepable"] });`);
    const [map] = spec.maps;
    assert.deepEqual([map?.section, map?.flags, map?.structOps?.link], [".struct_ops", 0, false]);
    assert.deepEqual(
      spec.programs.map(({ section, flags = 0 }) => `${section} ${flags}`),
      ["struct_ops/test_1 0", "struct_ops.s/test_sleepable 16"],
    );
  });

  test("fields that are written are found on every kernel", () => {
    const spec = compileFor(RENO);
    for (const kernel of ["6.1", "6.12", "6.18"] as const) {
      const told = checkRelocations(spec, kernelTypes(kernel));
      assert.ok(told.some(({ subject }) => subject.includes("icsk_ca_priv")));
      assert.deepEqual(
        told.filter(({ result }) => result !== "found").map(({ subject }) => subject),
        [],
      );
    }
  });

  for (const kernel of ["6.12", "6.18"] as const) {
    test(`${kernel}: congestion control is accepted, and writes its socket`, async () => {
      const spec = compileFor(RENO);
      assert.deepEqual(
        await verdicts(spec, kernel),
        spec.programs.map(({ name }) => `${name}: accepted`),
      );
    });
  }
});

describe("what the kernel may say no to is left to its verifier", () => {
  test("a field of the socket that is not for writing", async () => {
    const spec = compileFor(
      `${HEAD}export const wrong = structOps<tcp_congestion_ops>({ init: (tp: tcp_sock) => { tp.mss_cache = 1; } });`,
    );
    assert.match((await verdicts(spec, "6.18"))[0] ?? "", /no write support to tcp_sock at off/);
  });
});

describe("what is refused", () => {
  const members = (text: string) => `structOps<tcp_congestion_ops>({ ${text} })`;
  for (const [what, text, code, hint] of [
    ["a struct that no program implements", "structOps<task_struct>({ pid: 1 })", "SK3005", /tcp_congestion_ops/],
    ["no struct", "structOps({ init: () => {} })", "SK3005", /structOps<tcp_congestion_ops>/],
    ["a member that is not there", members("sstresh: (sk: sock) => 2"), "SK3005", /ssthresh/],
    ["a member that is given twice", members("init: () => {}, init: () => {}"), "SK3005", /leave one out/],
    ["no program at all", members('name: "x"'), "SK3005", /give a member a function/],
    ["a number in place of a function", members("init: 5"), "SK3005", /init: \(…\) => …/],
    ["a member that is the kernel's", members("init: () => {}, owner: 5"), "SK3005", /leave it out/],
    ["a text that is too long", members('init: () => {}, name: "a_name_of_17_bytes"'), "SK3108", /shorter/],
    ["a number that does not fit", members("init: () => {}, key: 1 << 40"), "SK2201", /./],
    ["a parameter of another type", members("init: (task: task_struct) => {}"), "SK2505", /init: \(argument0: sock\)/],
    ["too many parameters", members("init: (sk: sock, more: u32) => {}"), "SK2505", /init: \(argument0: sock\)/],
    ["a result that is missing", members("ssthresh: (sk: sock) => {}"), "SK2302", /./],
    [
      "an option that is not there",
      "structOps<tcp_congestion_ops>({ init: () => {} }, { linked: true })",
      "SK3005",
      /link: false/,
    ],
    [
      "sleep of what is no program",
      'structOps<tcp_congestion_ops>({ init: () => {} }, { sleepable: ["release"] })',
      "SK3005",
      /./,
    ],
    ["what returns a pointer", "structOps<Qdisc_ops>({ dequeue: () => 0 })", "SK3005", /./],
    ["a bit-field that is written", members("init: (tp: tcp_sock) => { tp.nonagle = 1; }"), "SK2114", /./],
    ["a pointer that is written", members("init: (tp: tcp_sock) => { tp.fastopen_req = tp.fastopen_req; }"), "SK2114", /./],
    [
      "what is behind an address",
      members("init: (tp: tcp_sock) => { cast<tcp_sock>(u64(5)).snd_cwnd = 1; }"),
      "SK2114",
      /pointer/,
    ],
  ] as const) {
    test(what, () => {
      const found = refusalsOf(`${HEAD}export const ops = ${text};`);
      assert.deepEqual(
        found.map((each) => each.code),
        [code],
        found.map(({ message }) => message).join("; "),
      );
      assert.match(found[0]?.hint ?? "", hint);
    });
  }

  test("assigning the kernel's objects in programs that only read them, also by a function that others may call", () => {
    const source = (program: string) =>
      `import { fentry, tc, structOps } from "skep/bpf";
import { type sock, type tcp_sock, type tcp_congestion_ops, cast } from "skep/vmlinux";
${program}`.replace(", cast }", " }");
    assert.deepEqual(
      refusalsOf(source(`export const program = fentry("tcp_v4_connect", (sk: sock) => { sk.sk_mark = 1; });`)).map(
        ({ code }) => code,
      ),
      ["SK2114"],
    );
    const shared = `function mark(sk: sock): void { sk.sk_mark = 1; }\n`;
    assert.deepEqual(
      refusalsOf(source(`${shared}export const program = fentry("tcp_v4_connect", (sk: sock) => { mark(sk); });`)).map(
        ({ code, hint }) => [code, /in program/.test(hint ?? "")],
      ),
      [["SK2114", true]],
    );
  });
});
