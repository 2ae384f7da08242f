/** For tests of refusals: rows of a source, the code that refuses it, and the text that the caret stands under. */

import assert from "node:assert/strict";
import {
  CompileError,
  compileSource,
  type Diagnostic,
  type DiagnosticCode,
  renderDiagnostic,
} from "../../src/compiler/compile.ts";

/** One line, so that a source begins in line 2. */
export const IMPORTS =
  'import { array, bool, bpf_for_each_map_elem, bpf_loop, hash, i32, i64, lpmTrie, perCpuHash, range, u8, u16, u32, u64, bpf_ktime_get_ns, type FixedArray, type Packet, type XdpContext, xdp, XDP_DROP, XDP_PASS } from "skep/bpf"; import { Ethernet, Ipv4, ipv4, mac, type Ipv4Address } from "skep/bpf/net";\n';

export function diagnose(source: string): readonly Diagnostic[] {
  try {
    compileSource(source, { file: "test.bpf.ts" });
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics;
    throw error;
  }
  return [];
}

/** `place` is the text that the caret must stand under, from its first character to its last. */
export interface Row {
  readonly code: DiagnosticCode;
  readonly source: string;
  readonly place: string;
  readonly hint?: RegExp;
}

export function row(code: Row["code"], source: string, place: string, hint?: RegExp): Row {
  return { code, source, place, ...(hint === undefined ? {} : { hint }) };
}

/** A statement inside of a program. */
export function inside(code: Row["code"], statement: string, place: string, hint?: RegExp): Row {
  return row(
    code,
    `export const m = hash<u32, u64>({ maxEntries: 1 });\nexport const p = xdp((ctx) => {\n  ${statement}\n  return XDP_PASS;\n});`,
    place,
    hint,
  );
}

/** Something at the top level, beside a program that is fine. */
export function beside(code: Row["code"], declaration: string, place: string, hint?: RegExp): Row {
  return row(code, `${declaration}\nexport const p = xdp(() => XDP_PASS);`, place, hint);
}

export function check(rows: readonly Row[]): void {
  for (const { code, source, place, hint } of rows) {
    const found = diagnose(IMPORTS + source);
    const [first] = found;
    assert.ok(first, `refused: ${source}`);
    const told = `${source}\n${found.map((d) => renderDiagnostic(d, { color: false })).join("\n")}`;
    assert.equal(first.code, code, told);
    const end = first.endLine === first.line ? first.endColumn : first.text.length + 1;
    assert.equal(first.text.slice(first.column - 1, end - 1), place, told);
    assert.equal(first.text, (IMPORTS + source).split("\n")[first.line - 1], told);
    assert.equal(found.length, 1, `one fault, one message: ${told}`);
    assert.doesNotMatch(`${first.message}${first.hint}`, /\{\w+\}|undefined|\[object/, told);
    if (hint !== undefined) assert.match(first.hint, hint, told);
  }
}
