import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openBtf } from "../btf.ts";
import { BtfBuilder } from "../builder.ts";
import { everyKind } from "../testing.ts";
import { printDts } from "./print.ts";

/** Without the preamble. */
function print(bytes: Uint8Array, side: "program" | "user"): string {
  const text = printDts(openBtf(bytes), { side });
  return side === "user" ? text : text.slice(text.indexOf("\n\n") + 2);
}

test("a program sees machine integers and follows pointers to structs", () => {
  assert.equal(
    print(everyKind().bytes, "program"),
    `export interface node {
  /** \`struct node *\` */
  next: Pointer<node>;
  key: u64;
  /** 3 bits */
  low: i32;
  /** 29 bits */
  high: i32;
  name: FixedArray<u8, 16>;
}

export interface either {
  number: u64;
  /** \`struct node *\` */
  pointer: Pointer<node>;
}

export type color = i32;
export declare const RED: -1;
export declare const GREEN: 7;

export type flags = u64;
export declare const TOP: 9223372036854775808n;

/** Only declared: \`union elsewhere\`. */
export interface elsewhere {}

export type node_t = node;

`,
  );
});

test("a user sees what the codecs decode", () => {
  const b = new BtfBuilder();
  const u8 = b.int("unsigned char", 1);
  const u32 = b.int("unsigned int", 4);
  const address = b.typedef("Ipv4Address", u32);
  const anonymous = b.union("", 8, [
    { name: "id", type: b.int("unsigned long", 8), bitOffset: 0 },
    { name: "ports", type: b.array(b.int("unsigned short", 2), 4), bitOffset: 0 },
  ]);
  b.struct("Flow", 40, [
    { name: "source", type: address, bitOffset: 0 },
    { name: "open", type: b.int("_Bool", 1, { bool: true }), bitOffset: 32 },
    { name: "", type: anonymous, bitOffset: 64 },
    { name: "comm", type: b.array(b.int("char", 1), 16), bitOffset: 128 },
    { name: "hash", type: b.array(u8, 8), bitOffset: 256 },
  ]);
  const expected = `export interface Flow {
  source: string;
  open: boolean;
  id: bigint;
  ports: number[];
  comm: string;
  hash: Uint8Array;
}

`;
  assert.equal(print(b.encode(), "user").replace(/^export type .*\n\n/gm, ""), expected);
});

test("only what is asked for, and what it needs", () => {
  const { bytes, ids } = everyKind();
  const text = printDts(openBtf(bytes), { side: "user", types: [ids.alias] });
  assert.deepEqual(
    [...text.matchAll(/^export \w+ (\w+)/gm)].map(([, name]) => name),
    ["node_t", "node"],
  );
});

test("the integers of a program are those of skep/bpf", () => {
  const ours = printDts(openBtf(new BtfBuilder().encode()));
  const theirs = readFileSync(new URL("../../bpf/integers.ts", import.meta.url), "utf8");
  for (const [line, name] of ours.matchAll(/^type ([iu]\d+) = .*;$/gm)) {
    assert.ok(theirs.includes(`export ${line}\n`), `${name}: ${line}`);
  }
});

test("names that TypeScript has otherwise are changed, a typedef that repeats its tag is left out", () => {
  const b = new BtfBuilder();
  const struct = b.struct("string", 0, []);
  b.typedef("string", struct);
  b.typedef("u32", b.int("unsigned int", 4));
  b.enum("e", 4, [{ name: "false", value: 0 }]);
  const text = print(b.encode(), "program");
  assert.equal(text, "export interface string___2 {}\n\nexport type e = u32;\n\n");
});

const KERNEL = "/sys/kernel/btf/vmlinux";
const tsc = join(import.meta.dirname, "../../../node_modules/.bin/tsc");
const skip = (!existsSync(KERNEL) && `no ${KERNEL}`) || (!existsSync(tsc) && "no TypeScript compiler");

test("the running kernel's types type-check, for both", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-dts-"));
  try {
    const btf = openBtf(readFileSync(KERNEL));
    for (const side of ["program", "user"] as const) writeFileSync(join(folder, `${side}.d.ts`), printDts(btf, { side }));
    const use =
      'import type { task_struct } from "./program.d.ts";\nexport const pid = (task: task_struct): number => task.real_parent.tgid;\n';
    writeFileSync(join(folder, "use.ts"), use);
    const options = {
      strict: true,
      noEmit: true,
      target: "es2022",
      module: "nodenext",
      types: [],
      allowImportingTsExtensions: true,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
