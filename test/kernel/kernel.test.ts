/** The Linux engine on the live kernel, in child processes: what it accepts, refuses, keeps and gives back. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { XDP } from "../../src/uapi/xdp.ts";
import { inChild } from "./child.ts";
import "./leaks.ts";

const probe = probeLinux();
const skip = probe.available ? false : probe.reason;

interface Told {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly log?: readonly string[];
  readonly cause?: string;
}

describe("the live kernel", { skip, concurrency: 2 }, () => {
  test("what its verifier refuses is told in one line, with the reason and the source", async () => {
    const { answers, left, kernel } = (await inChild("refusals")) as {
      answers: Record<string, Told>;
      left: string[];
      kernel: string[];
    };
    for (const [name, reason, instruction] of [
      [
        "packet",
        /invalid access to packet, off=12 size=1.*; R1 offset is outside of the packet/,
        /instruction 1: r0 = \*\(u8 \*\)\(r1 \+12\)/,
      ],
      ["uninitialised", /R0 !read_ok/, /instruction 0: exit/],
      ["null_map", /R0 invalid mem access 'map_value_or_null'/, /instruction 7/],
      ["unreachable", /unreachable insn 2/, /instruction 2/],
      ["endless", /unreachable insn 3/, /instruction 3/],
      ["loop", /infinite loop detected at insn 1;/, /instruction 1: if r0 == 0x0/],
      ["helper", /invalid func unknown#999/, /instruction 0: call unknown#999/],
      ["stack", /invalid read from stack/, /instruction 0/],
      ["no_exit", /last insn is not an exit or jmp/, /program bad/],
    ] as const) {
      const answer = answers[name];
      assert.equal(answer?.name, "VerifierError", name);
      assert.match(answer.message, reason, name);
      assert.match(answer.message, instruction, name);
      assert.doesNotMatch(answer.message, /\n/, name);
      assert.ok((answer.log?.length ?? 0) > 1, `${name}: the whole log is kept`);
    }
    assert.match(answers["packet"]?.message ?? "", /at contract\.s:1:1: .* in `r1 = \*\(u32 \*\)\(r1 \+ 0\)`/);
    assert.deepEqual([left, kernel], [[], []], "a refused Spec leaves no descriptor, neither in the ledger nor in the kernel");
  });

  test("a log of hundreds of kilobytes comes whole", async () => {
    const { name, message, log } = (await inChild("longRefusal")) as Told;
    assert.equal(name, "VerifierError");
    assert.match(message, /R0 invalid mem access 'scalar'.*instruction 8001/);
    assert.ok((log?.join("\n").length ?? 0) > 200_000);
    assert.match(log?.at(-1) ?? "", /^processed/);
  });

  test("a collection is a descriptor for each map and program, and one for types; all closed when it is disposed", async () => {
    assert.deepEqual(await inChild("lifetime"), {
      during: {
        ours: ["types of contract", "map table", "program pass"],
        kernel: ["anon_inode:bpf-map", "anon_inode:bpf-prog", "anon_inode:btf"],
      },
      typesRefused: null,
      after: { ours: [], kernel: [] },
    });
  });

  test("every kind of map takes a value, gives it back, and has its types accepted", async () => {
    const { results, cpus } = (await inChild("kinds")) as {
      results: Record<string, { value: string; entries: number; types: unknown }>;
      cpus: number;
    };
    for (const [type, { value, entries, types }] of Object.entries(results)) {
      assert.equal(value, String(7 * (/percpu/.test(type) ? cpus : 1)), type);
      assert.equal(entries, type.endsWith("array") ? 1000 : 1, type);
      assert.equal(types, null, type);
    }
  });

  test("20,000 entries are each seen once, also while half of them are deleted", async () => {
    assert.deepEqual(await inChild("manyEntries"), {
      hash: [20_000, 10_000, 0],
      percpu_hash: [20_000, 10_000, 0],
      lpm_trie: [20_000, 10_000, 0],
      array: [20_000, 20_000, 0],
    });
  });

  test("the examples load as they are compiled, types and source lines included, and the firewall counts what it drops", async () => {
    const { loaded, verdicts, drops } = (await inChild("examples")) as {
      loaded: Record<string, { programs: string[]; maps: string[]; typesRefused: unknown }>;
      verdicts: number[];
      drops: unknown;
    };
    assert.ok(Object.keys(loaded).length >= 12);
    for (const [name, { programs, typesRefused }] of Object.entries(loaded)) {
      assert.ok(programs.length >= 1, name);
      assert.equal(typesRefused, null, name);
    }
    assert.deepEqual(verdicts, [XDP.DROP, XDP.PASS]);
    assert.deepEqual(drops, [["203.0.113.7", "100"]]);
  });

  test("whatever is done to it, a hash says what JavaScript's Map would", async () => {
    const { steps } = (await inChild("likeAMap")) as { steps: number };
    assert.ok(steps > 1000);
  });

  test("a frozen map keeps its values", async () => {
    const { code, value, message } = (await inChild("frozen")) as Told & { value: string };
    assert.deepEqual([code, value], ["unsupported", "5"]);
    assert.match(message, /frozen/);
  });

  test("an array's memory can be mapped, read and written", async () => {
    assert.deepEqual(await inChild("mapped"), {
      seen: "99",
      written: "7",
      afterwards: "this memory was given back to the kernel",
      wrong: -22,
    });
  });

  test("without privileges, the missing capabilities are named", async (t) => {
    const nobody = 65_534;
    let answer: { probe: { available: boolean; reason: string }; map: Told; program: Told };
    try {
      answer = (await inChild("unprivileged", nobody)) as typeof answer;
    } catch (error) {
      // A working tree in root's home is not readable by nobody.
      if (/EACCES|permission denied|Cannot find module|ERR_MODULE_NOT_FOUND/.test(String(error)))
        return t.skip("user nobody cannot read this folder");
      throw error;
    }
    assert.equal(answer.probe.available, false);
    assert.match(answer.probe.reason, /lacks CAP_BPF and CAP_NET_ADMIN/);
    assert.deepEqual([answer.map.name, answer.program.name], ["PrivilegeError", "PrivilegeError"]);
    assert.match(answer.map.message, /lacks CAP_BPF; run it as root/);
    assert.match(answer.program.message, /lacks CAP_BPF and CAP_NET_ADMIN; run it as root/);
  });

  test("a loader that the kernel kills is reported as what it is", async () => {
    await assert.rejects(inChild("killed"), { name: "KernelBugError", message: /bug of this kernel/ });
  });
});
