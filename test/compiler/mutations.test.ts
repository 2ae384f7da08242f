/** However a source is damaged, the compiler answers with diagnostics or with a program whose IR is sound: never a crash. */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { CompileError, type CompileOptions, compileSource, compileToIr, renderDiagnostic } from "../../src/compiler/compile.ts";
import { findProblems } from "../../src/compiler/ir/verify.ts";
import { kernelTypes } from "../../src/kernels/types.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Every program of the examples and of the compiler's tests, and one that uses each construct of the language. */
const EXAMPLES = ["examples/**/*.bpf.ts", "test/compiler/{programs,arenas}/*.bpf.ts"]
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .sort()
  .map((file) => readFileSync(join(root, file), "utf8"));

const OPTIONS: CompileOptions = { file: "mutant.bpf.ts", kernel: () => kernelTypes("6.18") };

/** A compilation that takes longer has gone astray: the examples take some milliseconds. */
const LONGEST_MS = 20_000;

const TOKEN = /\s+|\/\/.*|[A-Za-z_]\w*|\d[\w.]*|"[^"]*"|=>|[=!<>]==?|&&|\|\||\?\?|[-+*/%&|^<>]=|\+\+|--|[\s\S]/g;

/** What people write, rightly or wrongly. */
const WORDS = [
  ..."( ) [ ] { } ; , . : ? ! ~ + - * / % & | ^ << >> >>> = == === !== < <= > >= && || ?? ?. => ... += -= ++ -- @ # `".split(" "),
  ..."if else for while do switch case default break continue return let const var function class new this null true false".split(
    " ",
  ),
  ..."undefined async await yield throw try import export interface type as in of typeof void delete enum any number string".split(
    " ",
  ),
  ..."u8 u32 u64 i8 i32 i64 bool FixedArray<u8,4> ctx packet at get set length size increment Ethernet Ipv4 xdp hash array".split(
    " ",
  ),
  ..."reserve() submit(e) discard(e) output(e) pop() push(1) getOn drain forEach tailCall redirect print config<u32>(0) atomicAdd exchange compareExchange".split(
    " ",
  ),
  ..."({a,b}=s) [a,b]=[b,a] ringBuffer queue arrayOfMaps FixedString<8> Bits<u32,3> Union<{a:u32}> ...e {...e} [...a] startsWith('a') charCodeAt(0) /**@union*/ BPF_ANY".split(
    " ",
  ),
  ..."canLoop() range bpf_loop bpf_for_each_map_elem of (i)=> map key value state <T> <u32> @noinline /**@noinline*/ import*as namespace".split(
    " ",
  ),
  ..."arena({pages:4}) Pointer<Node> |null Pointer<Pointer<u8>> heap.allocPages<Page>() heap.at<Node>(5) freePages reservePages /**@arena*/".split(
    " ",
  ),
  ..."0 1 -1 255 256 0x1_0000_0000 1n 18446744073709551615n 1.5 1e3 9007199254740993 'text' `t` /a/ ipv4('1.2.3.4')".split(" "),
];

type Edit = {
  readonly kind: "delete" | "insert" | "replace" | "copy" | "swap";
  readonly at: number;
  readonly to: number;
  readonly word: number;
};

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom("delete", "insert", "replace", "copy", "swap"),
  at: fc.nat(100_000),
  to: fc.nat(100_000),
  word: fc.nat(WORDS.length - 1),
});

function apply(tokens: string[], { kind, at, to, word }: Edit): void {
  const from = at % tokens.length;
  const other = to % tokens.length;
  const text = ` ${WORDS[word]} `;
  if (kind === "delete") tokens.splice(from, 1 + (to % 3));
  else if (kind === "insert") tokens.splice(from, 0, text);
  else if (kind === "replace") tokens[from] = text;
  else if (kind === "copy") tokens.splice(other, 0, ...tokens.slice(from, from + (to % 12)));
  else [tokens[from], tokens[other]] = [tokens[other] ?? "", tokens[from] ?? ""];
  if (tokens.length === 0) tokens.push("");
}

/** Compiles; true when that gave a program. */
function survives(source: string): boolean {
  const start = performance.now();
  const answer = compiles(source);
  assert.ok(performance.now() - start < LONGEST_MS, `takes too long:\n${source}`);
  return answer;
}

function compiles(source: string): boolean {
  const lines = source.split(/\r\n|[\n\r\u2028\u2029]/);
  try {
    for (const [name, fn] of compileToIr(source, OPTIONS)) assert.deepEqual(findProblems(fn), [], name);
    const spec = compileSource(source, OPTIONS);
    assert.ok(structuredClone(spec).programs.length > 0);
    return true;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    assert.ok(error.diagnostics.length > 0);
    for (const d of error.diagnostics) {
      assert.ok(d.line >= 1 && d.line <= lines.length && d.column >= 1, `${d.line}:${d.column} is in the source`);
      const shown = renderDiagnostic(d, { color: false });
      assert.doesNotMatch(`${d.message} ${d.hint}`, /\{[a-z]\w*\}|\[object|NaN/, shown);
    }
    return false;
  }
}

test("the examples, with words deleted, inserted, replaced, copied and swapped", () => {
  fc.assert(
    fc.property(fc.nat(EXAMPLES.length - 1), fc.array(edit, { minLength: 1, maxLength: 4 }), (example, edits) => {
      const tokens = [...(EXAMPLES[example] ?? "").matchAll(TOKEN)].map(([token]) => token);
      for (const each of edits) apply(tokens, each);
      survives(tokens.join(""));
    }),
    { numRuns: Number(process.env["SKEP_MUTATIONS"] ?? 400) },
  );
});

test("words in any order", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...WORDS), { maxLength: 30 }), (words) => {
      survives(
        `import { xdp, XDP_PASS } from "skep/bpf";\nexport const p = xdp((ctx) => { ${words.join(" ")} ; return XDP_PASS; });`,
      );
    }),
    { numRuns: Number(process.env["SKEP_MUTATIONS"] ?? 400) },
  );
});

test("text of any kind", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => void survives(text)),
    { numRuns: 300 },
  );
});
