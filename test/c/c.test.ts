/** Programs in C: `compile("x.bpf.c")` and every command, with each clang that this machine has. */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { clangCandidates } from "../../src/clang/find.ts";
import { compile } from "../../src/compile.ts";
import { openKernelTarget } from "../../src/kernels/types.ts";
import { check } from "../../src/verifier/check.ts";
import { Folder, skep } from "../cli/skep.ts";

const PROGRAMS = join(import.meta.dirname, "programs");
const SOURCES = readdirSync(PROGRAMS).filter((name) => name.endsWith(".bpf.c"));
const CLANGS = clangCandidates();
const skip = CLANGS.length === 0 && "no clang";
/** `<linux/…>` that the system has; the source that needs them is skipped without. */
const LINUX_HEADERS = existsSync("/usr/include/linux/bpf.h");
const runnable = SOURCES.filter((name) => LINUX_HEADERS || name !== "traffic.bpf.c");

test("there are programs", () => assert.ok(SOURCES.length > 3));

describe("every clang compiles what people write", { skip }, () => {
  for (const clang of CLANGS) {
    test(clang, async () => {
      for (const name of runnable) {
        const warnings: string[] = [];
        const spec = await compile(join(PROGRAMS, name), {
          c: { clang },
          onWarning: ({ message }) => warnings.push(message),
        });
        assert.deepEqual(warnings, [], name);
        assert.equal(spec.name, name.split(".")[0]);
        for (const program of spec.programs) {
          const { verdict, unfit } = await check(spec, program, openKernelTarget("6.18"), { log: false, profile: false });
          assert.equal(unfit, null);
          assert.ok(verdict?.accepted, `${name} ${program.name}: ${verdict?.log?.join("\n")}`);
          assert.ok(program.lines.length > 0 && program.lines.every(({ file }) => file.includes("/")));
        }
      }
    });
  }

  test("also on a machine without headers of a kernel", async () => {
    for (const clang of CLANGS) {
      const spec = await compile(join(PROGRAMS, "traffic.bpf.c"), { c: { clang, flags: ["-nostdlibinc"] } });
      for (const program of spec.programs)
        assert.ok((await check(spec, program, openKernelTarget("6.18"), { log: false, profile: false })).verdict?.accepted);
      assert.ok(
        spec.programs.every(({ core }) => core === undefined),
        "what user space knows of a type does not move",
      );
    }
  });

  test("for the instruction set that is wanted", async () => {
    using folder = new Folder();
    const file = folder.file("d.bpf.c", '#include <bpf/bpf_helpers.h>\nSEC("xdp") int d(int *c) { return c[0] / (c[1] | 1); }\n');
    await assert.rejects(compile(file, { cpu: 3 }), /line|instead|signed division/i);
    const newest = CLANGS.find((path) => Number(/clang-(\d+)$/.exec(path)?.[1] ?? 0) >= 18);
    if (newest !== undefined) await compile(file, { cpu: 4, c: { clang: newest } });
  });
});

describe("vmlinux.h", { skip }, () => {
  const USES = '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\nint f(struct task_struct *t) { return t->pid; }\n';

  test("is made when it is included, kept in the cache, and used again", async () => {
    using folder = new Folder();
    const file = folder.file("a.bpf.c", USES);
    const env = { SKEP_CACHE: join(folder.path, "cache") };
    const plain = await skep(["compile", folder.file("b.bpf.c", "int x;\n")], { env });
    assert.equal(plain.status, 0, plain.stderr);
    assert.ok(!existsSync(env.SKEP_CACHE), "nothing is made for who does not include it");
    for (let time = 0; time < 2; time++) {
      const { status, stderr } = await skep(["compile", file], { env });
      assert.equal(status, 0, stderr);
      const made = readdirSync(env.SKEP_CACHE, { recursive: true, encoding: "utf8" });
      assert.equal(made.filter((name) => name.endsWith("vmlinux.h")).length, 1);
      assert.equal(made.length, 3);
    }
  });

  test("of the kernel that is asked for", async () => {
    using folder = new Folder();
    const file = folder.file("a.bpf.c", `${USES}int g(enum bpf_map_type type) { return type == BPF_MAP_TYPE_ARENA; }\n`);
    await compile(file);
    await assert.rejects(compile(file, { c: { vmlinux: "6.1" } }), /BPF_MAP_TYPE_ARENA/);
    await assert.rejects(compile(file, { c: { vmlinux: join(folder.path, "none.btf") } }), /ENOENT/);
  });

  test("the one beside the source comes first", async () => {
    using folder = new Folder();
    folder.file("vmlinux.h", "#define __VMLINUX_H__\nstruct task_struct { int other; };\n");
    await assert.rejects(compile(folder.file("a.bpf.c", USES)), /no member named 'pid'/);
  });

  test("a cache that cannot be written keeps nobody from compiling, and leaves nothing behind", async () => {
    using folder = new Folder();
    const temporary = join(folder.path, "tmp");
    mkdirSync(temporary);
    const env = { SKEP_CACHE: folder.file("file", "no folder"), TMPDIR: temporary };
    const { status, stderr } = await skep(["compile", folder.file("a.bpf.c", USES)], { env });
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      readdirSync(temporary).filter((name) => name !== "node-compile-cache"),
      [],
    );
  });
});

describe("what is wrong is told as for TypeScript", { skip }, () => {
  test("with place, caret and status 3", async () => {
    using folder = new Folder();
    folder.file("a.bpf.c", "int f(void *c)\n{\n\treturn missing;\n}\n");
    const { status, stdout, stderr } = await skep(["verify", "a.bpf.c"], { cwd: folder.path });
    assert.equal(status, 3);
    assert.equal(stdout, "");
    assert.equal(
      stderr,
      "a.bpf.c:3:9: error SK5001: use of undeclared identifier 'missing'\n3 | \treturn missing;\n  | \t       ^^^^^^^\n\n1 error\n",
    );
  });

  test("in a header, too", async () => {
    using folder = new Folder();
    folder.file("h.h", "struct s { nothing x; };\n");
    folder.file("a.bpf.c", '#include "h.h"\n');
    const { stderr } = await skep(["compile", "a.bpf.c"], { cwd: folder.path });
    assert.match(stderr, /^(?:\.\/)?h\.h:1:12: error SK5001: unknown type name 'nothing'\n1 \| struct s/);
  });

  test("for machines", async () => {
    using folder = new Folder();
    folder.file("a.bpf.c", "int f(void *c) { return missing; }\n");
    const { status, stdout } = await skep(["compile", "a.bpf.c", "--json"], { cwd: folder.path });
    assert.equal(status, 3);
    const { diagnostics } = JSON.parse(stdout);
    assert.deepEqual(
      diagnostics.map(({ code, file, line, column, endColumn }: Record<string, unknown>) => [
        code,
        file,
        line,
        column,
        endColumn,
      ]),
      [["SK5001", "a.bpf.c", 1, 25, 32]],
    );
  });

  test("warnings do not keep it from working", async () => {
    using folder = new Folder();
    const file = folder.file("a.bpf.c", "int f(void *c) { int x = 1; return x == 3 || 3; }\n");
    const { status, stderr } = await skep(["compile", file], {
      env: { SKEP_CFLAGS: "-Wall -Wtautological-constant-compare -Wunused -DX=1" },
    });
    assert.equal(status, 0, stderr);
    const unused = folder.file("b.bpf.c", "int f(void *c) { int x = 1; return 0; }\n");
    const warned = await skep(["compile", unused], { env: { SKEP_CFLAGS: "-Wall" } });
    assert.equal(warned.status, 0);
    assert.match(warned.stderr, /b\.bpf\.c:1:22: warning SK5002: unused variable 'x'/);
  });

  test("a file that is not there", async () => {
    const { status, stderr } = await skep(["compile", "none.bpf.c"]);
    assert.deepEqual([status, stderr], [4, "skep: none.bpf.c: no such file\n"]);
  });
});

describe("the compiler", () => {
  /** A folder that is all of the path: only what a test puts there can be found. */
  function only(folder: Folder, programs: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    for (const [name, text] of Object.entries(programs)) chmodSync(folder.file(name, text), 0o755);
    return { PATH: folder.path, SKEP_CLANG: "" };
  }
  const OLD = "#!/bin/sh\necho 'skep/clang.h:4:2: error: skep needs clang 14' >&2; exit 1\n";
  const NO_BPF =
    '#!/bin/sh\necho "error: unable to create target: \'No available targets are compatible with triple \\"bpf\\"\'" >&2; exit 1\n';
  const SOURCE = "int x;\n";

  test("that is missing is named, with how to get it", async () => {
    using folder = new Folder();
    const file = folder.file("a.bpf.c", SOURCE);
    const { status, stderr } = await skep(["compile", file], { env: only(folder, {}) });
    assert.equal(status, 7);
    assert.match(stderr, /clang 14 or newer.*found none.*apt install clang/);
  });

  test("that is too old, or has no BPF target, is passed over", { skip }, async () => {
    using folder = new Folder();
    const file = folder.file("a.bpf.c", SOURCE);
    const env = only(folder, { clang: OLD, "clang-16": NO_BPF });
    const without = await skep(["compile", file], { env });
    assert.equal(without.status, 7);
    assert.match(without.stderr, /clang is older than 14; \S+clang-16 has no BPF target/);
    symlinkSync(CLANGS[0]!, join(folder.path, "clang-15"));
    const found = await skep(["compile", file], { env: { ...env, PATH: `${folder.path}:${dirname(CLANGS[0]!)}` } });
    assert.equal(found.status, 0, found.stderr);
  });

  test("that somebody chose is taken, and no other", async () => {
    using folder = new Folder();
    const file = folder.file("a.bpf.c", SOURCE);
    const env = { SKEP_CLANG: join(folder.path, "nothing") };
    const { status, stderr } = await skep(["compile", file], { env });
    assert.equal(status, 7);
    assert.match(stderr, /nothing cannot be run/);
  });

  test("that dies, or says nothing, is an error", async () => {
    using folder = new Folder();
    const file = folder.file("a.bpf.c", SOURCE);
    const env = only(folder, { clang: "#!/bin/sh\nkill -9 $$\n" });
    const { status, stderr } = await skep(["compile", file], { env });
    assert.equal(status, 7);
    assert.match(stderr, /clang failed/);
  });

  test("the newest comes first, after what is simply called clang", () => {
    using folder = new Folder();
    only(folder, { "clang-13": OLD, "clang-15": OLD, "clang-21": OLD, clang: OLD, "clang-format-19": OLD });
    folder.file("clang-20", "not executable");
    assert.deepEqual(
      clangCandidates({ PATH: `/nowhere:${folder.path}` }),
      ["clang", "clang-21", "clang-15"].map((name) => join(folder.path, name)),
    );
  });
});

test("a program in C and one in TypeScript do the same to a capture", { skip: skip || !LINUX_HEADERS }, async () => {
  const replay = async (file: string) => {
    const { status, stdout, stderr } = await skep(["run", file, "--replay", "examples/captures/office.pcap", "--json"]);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };
  using folder = new Folder();
  const c = folder.file(
    "ports.bpf.c",
    `#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 256); __type(key, __u16); __type(value, __u64); } frames SEC(".maps");
SEC("xdp") int count(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	if ((void *)(eth + 1) > (void *)(long)ctx->data_end) return XDP_PASS;
	__u16 type = bpf_ntohs(eth->h_proto);
	__u64 one = 1, *n = bpf_map_lookup_elem(&frames, &type);
	if (n) __sync_fetch_and_add(n, 1); else bpf_map_update_elem(&frames, &type, &one, BPF_ANY);
	return type == ETH_P_ARP ? XDP_DROP : XDP_PASS;
}
char _license[] SEC("license") = "GPL";
`,
  );
  const ts = folder.file(
    "ports.bpf.ts",
    `import { hash, type u16, type u64, XDP_DROP, XDP_PASS, xdp } from "skep/bpf";
import { Ethernet, ETH_P_ARP } from "skep/bpf/net";
export const frames = hash<u16, u64>({ maxEntries: 256 });
export const count = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null) return XDP_PASS;
  frames.increment(eth.type);
  return eth.type === ETH_P_ARP ? XDP_DROP : XDP_PASS;
});
`,
  );
  const [inC, inTypeScript] = [await replay(c), await replay(ts)];
  assert.deepEqual(inC.maps.frames, inTypeScript.maps.frames);
  assert.deepEqual(inC.verdicts, inTypeScript.verdicts);
});

test("the files that it was compiled from are told: those of the user, whatever their names", { skip }, async () => {
  using folder = new Folder();
  folder.file("a b.h", "#define A 1\n");
  const file = folder.file("a.bpf.c", '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n#include "a b.h"\nint x = A;\n');
  const files: string[] = [];
  await compile(file, { onFile: (path) => files.push(path) });
  assert.deepEqual([...new Set(files)], [file, join(folder.path, "a b.h")]);
});
